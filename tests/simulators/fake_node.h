#pragma once
// A Bitcoin node for tests: JSON-RPC over HTTP on a port the system chose, in front of a development chain,
// with every fault a real one can have at hand. Optionally publishes its blocks by ZMQ. Its threads are its
// own; all members take any thread.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "server/node/development_chain.h"

namespace simulators {

class FakeNode {
  public:
    // What is wrong with all answers from now on. Setting one closes the connections there are.
    enum class Fault { none, garbage, truncated, endless, mute, hang_up, unauthorized, warming_up };

    explicit FakeNode(const std::filesystem::path& folder, std::uint32_t transactions = 12);
    ~FakeNode();
    FakeNode(const FakeNode&) = delete;
    FakeNode& operator=(const FakeNode&) = delete;

    void start();  // on the same port as before, if there was one
    void stop();   // the chain stays
    void publish_by_zmq();
    [[nodiscard]] std::string url() const;
    [[nodiscard]] std::string zmq_url() const { return zmq_url_; }

    void set_fault(Fault fault);
    // Changes a method's sound result before it is sent.
    void twist(const std::string& method, std::function<std::string(std::string)> change);
    void untwist(const std::string& method);
    // Until released, the method is not answered (what it does is done).
    void hold(const std::string& method);
    void release(const std::string& method);
    // submitblock does its work and then closes the connection without an answer.
    void lose_submit_replies(bool lose);

    // Mines a block of its own on its tip; gives its hash.
    stratum::Hash256 mine();
    [[nodiscard]] std::uint32_t height();
    [[nodiscard]] std::size_t calls(const std::string& method);
    // When the first byte of the latest submitblock was there.
    [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> submit_began();
    void with_chain(const std::function<void(server::node::DevelopmentChain&)>& act);

  private:
    struct Connection;
    void accept();
    void serve(std::shared_ptr<Connection> connection);
    bool answer(Connection& connection, const std::string& body);
    std::string result_of(const std::string& method, const std::string& body);
    std::string template_of(const std::string& body);
    std::string header_of(const std::string& body);
    void tip_changed();

    std::mutex mutex_;
    std::condition_variable changed_;
    server::node::DevelopmentChain chain_;
    Fault fault_ = Fault::none;
    bool lose_submit_replies_ = false;
    bool stopping_ = false;
    std::uint32_t mined_ = 0;
    std::map<std::string, std::function<std::string(std::string)>> twists_;
    std::map<std::string, bool> held_;
    std::map<std::string, std::size_t> calls_;
    std::optional<std::chrono::steady_clock::time_point> submit_began_;
    std::uint16_t port_ = 0;
    int listener_ = -1;
    std::vector<std::shared_ptr<Connection>> connections_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
    void* zmq_context_ = nullptr;
    void* zmq_socket_ = nullptr;
    std::string zmq_url_;
};

}  // namespace simulators

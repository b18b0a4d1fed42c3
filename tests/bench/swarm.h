#pragma once
// Thousands of mining clients on one thread with one epoll: connects, lets each set itself up in its protocol
// (wire.h), and hands answers and work to an Observer. Loopback only; the number of clients is fixed at the
// start. Used by the modes of the load generator.

#include <netinet/in.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/wire.h"

namespace bench {

using Clock = std::chrono::steady_clock;

struct SwarmOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 3333;
    std::size_t clients = 1;
    std::size_t set_up_at_once = 256;
    std::size_t source_addresses = 1;  // 127.0.0.1 up: each has some 28,000 ports
    std::string user;
    std::string worker_prefix = "w";
    std::size_t workers = 0;          // distinct worker names; 0: one per client
    bool receive_timestamps = false;  // take the kernel's time of arrival
    WireOptions wire;

    // Of each client: 1 in V1.
    [[nodiscard]] std::size_t channels() const {
        return wire.protocol == WireProtocol::v2 ? wire.channels : 1;
    }
};

enum class Stage { idle, connecting, setting_up, ready, closed };

struct Client {
    std::size_t index = 0;
    int fd = -1;
    Stage stage = Stage::idle;
    bool waits_to_write = false;
    std::string worker;
    std::string out;
    std::unique_ptr<WireEvents> events;  // outlives the wire
    std::unique_ptr<Wire> wire;
    Clock::time_point started_at;
};

class Observer {
  public:
    virtual ~Observer() = default;
    virtual void on_ready(Client&) {}
    // An answer to a submission; `text` says why it was refused.
    virtual void on_answer(Client&, std::uint64_t /*id*/, bool /*accepted*/, std::string_view /*text*/) {}
    // Called once the client is ready.
    virtual void on_work(Client&, const News&) {}
    virtual void on_closed(Client&, const std::string& /*why*/) {}
};

class Swarm {
  public:
    Swarm(SwarmOptions options, Observer& observer);
    ~Swarm();
    Swarm(const Swarm&) = delete;
    Swarm& operator=(const Swarm&) = delete;

    // Sets all clients up, `set_up_at_once` under way at a time. False when not all are ready in time.
    bool set_up(std::chrono::seconds limit);
    // Waits up to `limit` for events and handles them.
    void poll(std::chrono::nanoseconds limit);
    // Queues a submission; it leaves with flush() or at the end of the client's turn.
    static void submit(Client& client, std::string_view prepared) {
        client.wire->submit(prepared, client.out);
    }
    void flush(Client& client);
    // Connects a closed client again.
    void open(Client& client);

    [[nodiscard]] std::vector<Client>& clients() { return clients_; }
    [[nodiscard]] std::size_t ready() const { return ready_; }
    [[nodiscard]] std::size_t closed() const { return closed_; }
    [[nodiscard]] const SwarmOptions& options() const { return options_; }

  private:
    void on_writable(Client& client);
    void on_readable(Client& client);
    class Events;
    void become_ready(Client& client);
    void close(Client& client, const std::string& why);
    void watch(Client& client, bool write);

    SwarmOptions options_;
    Observer& observer_;
    sockaddr_in server_{};
    int epoll_ = -1;
    std::vector<Client> clients_;
    std::size_t ready_ = 0;
    std::size_t closed_ = 0;
    std::vector<char> buffer_;
};

// Raises the limit of open files as far as allowed; returns it.
std::size_t raise_open_files();

}  // namespace bench

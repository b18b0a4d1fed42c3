#pragma once
// Keeps one connection to a template provider: connects, shakes hands, checks the certificate, runs the
// session, and connects again with growing pauses when it ends. Lives on the control thread; submit() takes
// any thread. Coroutines hold it by shared_ptr; stop() ends them.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/node/provider_session.h"
#include "stratum/v2/keys.h"

namespace server::node {

struct ProviderOptions {
    std::string node;  // its name in logs and metrics
    std::string host;
    std::uint16_t port = 0;
    std::optional<stratum::v2::XOnlyKey> authority;  // none: no certificate is checked
    stratum::Network network = stratum::Network::regtest;
    std::chrono::milliseconds answer_timeout{10'000};
};

// All on the control thread.
struct ProviderEvents {
    std::function<void(stratum::Hash256 tip)> on_tip;       // as soon as it is named, before its template
    std::function<void(const char* result)> on_connection;  // "up", or what it ended by
    std::function<void(bool sent)> on_solution;
};

class ProviderLink : public std::enable_shared_from_this<ProviderLink> {
  public:
    using Clock = std::chrono::steady_clock;
    ProviderLink(boost::asio::any_io_executor executor, ProviderOptions options, ProviderEvents events);
    ~ProviderLink();

    void start();
    void stop();
    // Ends the connection; a new one follows.
    void give_up(ProviderTrouble trouble);
    // Ends each wait() that is under way.
    void wake();
    // Until something below may have changed, or `until`.
    boost::asio::awaitable<void> wait(Clock::time_point until);
    // Any thread. Sent when the connection still stands that the template came by.
    void submit(ProviderSolution solution);

    // Why there is no work from it; none while it is well or was not reached yet.
    [[nodiscard]] std::optional<NodeError> error() const;
    // A template that was refused, told once.
    [[nodiscard]] std::optional<NodeError> take_refusal() { return std::exchange(refusal_, std::nullopt); }
    [[nodiscard]] std::shared_ptr<const NodeTemplate> latest() const;
    [[nodiscard]] std::optional<stratum::Hash256> tip() const;
    // When it named its tip, and before that when it was connected; none without a connection.
    [[nodiscard]] std::optional<Clock::time_point> told_at() const;
    [[nodiscard]] bool stopped() const { return stopped_; }

  private:
    struct Connection;
    using Trouble = std::optional<ProviderTrouble>;
    static boost::asio::awaitable<void> run(std::shared_ptr<ProviderLink> self);
    boost::asio::awaitable<ProviderTrouble> serve();
    boost::asio::awaitable<Trouble> connect(std::shared_ptr<Connection> connection);
    boost::asio::awaitable<Trouble> shake_hands(std::shared_ptr<Connection> connection);
    Trouble check_certificate(const stratum::v2::Initiator::Session& session) const;
    Trouble take(Connection& connection, stratum::ByteView wire);
    void tell(const ProviderTrouble& trouble);
    boost::asio::awaitable<void> pause();

    const boost::asio::any_io_executor executor_;
    const ProviderOptions options_;
    const ProviderEvents events_;
    std::shared_ptr<Connection> connection_;
    std::uint64_t connections_ = 0;
    std::optional<ProviderTrouble> trouble_;  // of the last connection, until the next one works
    std::string logged_;
    std::optional<NodeError> refusal_;
    std::chrono::milliseconds pause_;
    boost::asio::steady_timer pause_timer_;
    std::set<boost::asio::steady_timer*> waiting_;
    bool stopped_ = false;
};

}  // namespace server::node

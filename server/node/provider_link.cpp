#include "server/node/provider_link.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "server/log.h"
#include "server/random_bytes.h"
#include "server/task.h"

namespace server::node {
namespace {

namespace asio = boost::asio;
namespace v2 = stratum::v2;
using asio::ip::tcp;
using std::chrono::milliseconds;
using Kind = ProviderTrouble::Kind;

constexpr milliseconds pause_first{250};
constexpr milliseconds pause_longest{30'000};
constexpr std::chrono::seconds steady_after{10};  // after such a connection the pauses begin anew
constexpr std::size_t read_bytes = 1 << 16;
// We write a few short messages and one solution a block; a peer that takes none of it is gone.
constexpr std::size_t unsent_bytes_max = 1 << 20;
constexpr std::chrono::seconds clock_tolerance{10};  // as the reference clients have it

std::uint32_t unix_now() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

// The protocol has no ping, and a provider may have nothing to say for an hour: the system notices a peer
// that vanished without a word.
void keep_alive(tcp::socket& socket) {
    constexpr int idle_s = 20;
    constexpr int interval_s = 5;
    constexpr int probes = 3;
    boost::system::error_code ignored;
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    socket.set_option(tcp::no_delay(true), ignored);
    const auto descriptor = socket.native_handle();
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

}  // namespace

// One socket with its deadline and what is to be written. Handlers hold it, so it outlives them.
struct ProviderLink::Connection : std::enable_shared_from_this<Connection> {
    explicit Connection(const asio::any_io_executor& executor) : socket(executor), timer(executor) {}

    void close() {
        boost::system::error_code ignored;
        socket.close(ignored);
        timer.cancel();
    }
    // Closes the socket at `at`, unless it is set to another time before.
    void expire_at(Clock::time_point at) {
        timer.expires_at(at);
        timer.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
            if (cancelled || self->timer.expiry() > Clock::now()) return;
            self->on_deadline();
        });
    }
    void on_deadline() {
        if (session)
            if (auto found = session->on_timer(Clock::now())) end = std::move(found);
        if (session && !end) return flush();
        expired = true;
        close();
    }
    // Sends what the session has, and watches over its next deadline.
    void flush() {
        unsent += session->take_output();
        if (unsent.size() > unsent_bytes_max) {
            end = ProviderTrouble{Kind::silent, "it takes none of our messages"};
            return close();
        }
        if (socket.is_open()) expire_at(session->deadline());
        if (std::exchange(writing, true)) return;
        if (unsent.empty() || !socket.is_open()) {
            writing = false;
            return;
        }
        under_way = std::exchange(unsent, {});
        asio::async_write(socket, asio::buffer(under_way),
                          [self = shared_from_this()](boost::system::error_code failed, std::size_t) {
                              self->writing = false;
                              if (failed) return self->close();
                              self->flush();
                          });
    }

    tcp::socket socket;
    asio::steady_timer timer;
    std::optional<ProviderSession> session;  // once the handshake is done
    Clock::time_point up_at;
    std::optional<ProviderTrouble> end;  // known before the socket says so
    bool expired = false;
    bool writing = false;
    std::string unsent;
    std::string under_way;
    std::array<std::uint8_t, read_bytes> buffer;
};

ProviderLink::ProviderLink(asio::any_io_executor executor, ProviderOptions options, ProviderEvents events)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      events_(std::move(events)),
      pause_(pause_first),
      pause_timer_(executor_) {}

ProviderLink::~ProviderLink() = default;

void ProviderLink::start() {
    if (!options_.authority)
        log::warn("provider_not_checked",
                  {{"node", options_.node},
                   {"remedy", "set template_provider_key to the authority key that the provider prints"}});
    spawn(executor_, run(shared_from_this()), "template_provider", Vital::yes);
}

void ProviderLink::stop() {
    stopped_ = true;
    pause_timer_.cancel();
    if (connection_) connection_->close();
    wake();
}

void ProviderLink::give_up(ProviderTrouble trouble) {
    if (!connection_ || !connection_->session) return;
    connection_->end = std::move(trouble);
    connection_->close();
}

void ProviderLink::wake() {
    for (auto* timer : waiting_) timer->cancel();
}

asio::awaitable<void> ProviderLink::wait(Clock::time_point until) {
    if (stopped_) co_return;
    asio::steady_timer timer(executor_, until);
    waiting_.insert(&timer);
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    waiting_.erase(&timer);
}

void ProviderLink::submit(ProviderSolution solution) {
    asio::post(executor_, [self = shared_from_this(), solution = std::move(solution)] {
        const auto& connection = self->connection_;
        const bool sent = connection && connection->session && connection->session->submit(solution);
        if (sent) connection->flush();
        log::info("provider_solution", {{"node", self->options_.node},
                                        {"template", solution.origin.template_id},
                                        {"result", sent ? "sent" : "connection_is_another"}});
        self->events_.on_solution(sent);
    });
}

std::optional<NodeError> ProviderLink::error() const {
    if (!trouble_) return std::nullopt;
    return NodeError{NodeFailure::no_provider, trouble_->text};
}

std::shared_ptr<const NodeTemplate> ProviderLink::latest() const {
    return connection_ && connection_->session ? connection_->session->latest() : nullptr;
}

std::optional<stratum::Hash256> ProviderLink::tip() const {
    if (!connection_ || !connection_->session || !connection_->session->tip()) return std::nullopt;
    return connection_->session->tip()->previous;
}

std::optional<ProviderLink::Clock::time_point> ProviderLink::told_at() const {
    if (!connection_ || !connection_->session) return std::nullopt;
    return connection_->session->tip() ? connection_->session->tip_at() : connection_->up_at;
}

asio::awaitable<void> ProviderLink::run(std::shared_ptr<ProviderLink> self) {
    while (!self->stopped_) {
        const auto began_at = Clock::now();
        const auto trouble = co_await self->serve();
        self->connection_.reset();
        if (Clock::now() - began_at > steady_after) self->pause_ = pause_first;
        if (self->stopped_) break;
        self->tell(trouble);
        co_await self->pause();
    }
    self->wake();
}

asio::awaitable<void> ProviderLink::pause() {
    pause_timer_.expires_after(pause_);
    pause_ = std::min(2 * pause_, pause_longest);
    boost::system::error_code ignored;
    co_await pause_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

// One line for each new reason; a provider that is away for a day says so once.
void ProviderLink::tell(const ProviderTrouble& trouble) {
    trouble_ = trouble;
    if (trouble.kind == Kind::bad_template) {
        refusal_ = NodeError{NodeFailure::bad_template, trouble.text};
        trouble_->text = "its template was unsound (" + trouble.text + "); it is asked anew";
    }
    events_.on_connection(name_of(trouble.kind));
    const bool again = std::exchange(logged_, trouble_->text) == trouble_->text;
    log::write(again ? log::Level::debug : log::Level::warn, "provider_lost",
               {{"node", options_.node},
                {"provider", fmt::format("{}:{}", options_.host, options_.port)},
                {"result", name_of(trouble.kind)},
                {"reason", trouble_->text}});
    wake();
}

asio::awaitable<ProviderTrouble> ProviderLink::serve() {
    const auto connection = std::make_shared<Connection>(executor_);
    connection_ = connection;
    auto trouble = co_await connect(connection);
    if (!trouble) trouble = co_await shake_hands(connection);
    if (!trouble) connection->flush();
    while (!trouble && !stopped_) {
        boost::system::error_code failed;
        const auto count = co_await connection->socket.async_read_some(
            asio::buffer(connection->buffer), asio::redirect_error(asio::use_awaitable, failed));
        if (failed) {
            trouble = ProviderTrouble{Kind::unreachable, failed == asio::error::eof
                                                             ? std::string("it closed the connection")
                                                             : failed.message()};
        } else {
            trouble = take(*connection, {connection->buffer.data(), count});
        }
    }
    connection->close();
    if (connection->end) co_return *connection->end;
    co_return trouble.value_or(ProviderTrouble{});
}

// What came, and what it changes for those who wait.
std::optional<ProviderTrouble> ProviderLink::take(Connection& connection, stratum::ByteView wire) {
    auto& session = *connection.session;
    const auto tip_before = tip();
    const auto latest_before = session.latest();
    auto trouble = session.receive(wire, Clock::now());
    if (trouble) return trouble;
    connection.flush();
    if (session.latest() != latest_before) {
        if (!latest_before) {
            log::info("provider_up", {{"node", options_.node},
                                      {"provider", fmt::format("{}:{}", options_.host, options_.port)},
                                      {"height", session.latest()->work.height}});
            events_.on_connection("up");
            logged_.clear();
        }
        wake();
    }
    if (session.is_set_up()) trouble_.reset();
    if (tip() != tip_before) events_.on_tip(*tip());
    return std::nullopt;
}

asio::awaitable<ProviderLink::Trouble> ProviderLink::connect(std::shared_ptr<Connection> connection) {
    boost::system::error_code failed;
    tcp::resolver resolver(executor_);
    const auto found = co_await resolver.async_resolve(options_.host, std::to_string(options_.port),
                                                       asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return ProviderTrouble{Kind::unreachable, options_.host + ": " + failed.message()};
    if (stopped_) co_return ProviderTrouble{};
    connection->expire_at(Clock::now() + options_.answer_timeout);
    co_await asio::async_connect(connection->socket, found,
                                 asio::redirect_error(asio::use_awaitable, failed));
    if (connection->expired)
        co_return ProviderTrouble{Kind::silent, fmt::format("{}:{} does not take the connection in time",
                                                            options_.host, options_.port)};
    if (failed)
        co_return ProviderTrouble{Kind::unreachable,
                                  fmt::format("{}:{}: {}", options_.host, options_.port, failed.message())};
    keep_alive(connection->socket);
    co_return std::nullopt;
}

asio::awaitable<ProviderLink::Trouble> ProviderLink::shake_hands(std::shared_ptr<Connection> connection) {
    connection->expire_at(Clock::now() + options_.answer_timeout);
    const v2::Initiator initiator(v2::make_key_pair(fill_random));
    boost::system::error_code failed;
    co_await asio::async_write(connection->socket, asio::buffer(initiator.act1()),
                               asio::redirect_error(asio::use_awaitable, failed));
    v2::Act2 act2;
    if (!failed)
        co_await asio::async_read(connection->socket, asio::buffer(act2),
                                  asio::redirect_error(asio::use_awaitable, failed));
    if (connection->expired)
        co_return ProviderTrouble{Kind::silent, "it does not answer the handshake in time"};
    if (failed)
        co_return ProviderTrouble{Kind::untrusted, "it ended the handshake (" + failed.message() +
                                                       "): is this its Stratum V2 port?"};
    const auto agreed = initiator.read_act2(act2);
    if (!agreed)
        co_return ProviderTrouble{Kind::untrusted,
                                  "its handshake does not decrypt: is this its Stratum V2 port?"};
    if (auto trouble = check_certificate(*agreed)) co_return trouble;
    connection->up_at = Clock::now();
    connection->session.emplace(agreed->keys,
                                ProviderSession::Options{options_.host, options_.port, options_.network,
                                                         ++connections_, options_.answer_timeout},
                                connection->up_at);
    co_return std::nullopt;
}

std::optional<ProviderTrouble> ProviderLink::check_certificate(const v2::Initiator::Session& session) const {
    if (!options_.authority) return std::nullopt;
    const v2::CertificateKeys keys{session.server_key, *options_.authority};
    switch (v2::check(session.certificate, keys, unix_now(), clock_tolerance)) {
        case v2::CertificateCheck::valid:
            return std::nullopt;
        case v2::CertificateCheck::unknown_version:
            return ProviderTrouble{Kind::untrusted, "its certificate has a version that nobody knows"};
        case v2::CertificateCheck::bad_signature:
            return ProviderTrouble{Kind::untrusted,
                                   "its certificate is not signed by template_provider_key: correct the key "
                                   "or the address"};
        case v2::CertificateCheck::not_yet_valid:
            return ProviderTrouble{Kind::untrusted,
                                   "its certificate is not valid yet: compare both machines' clocks"};
        case v2::CertificateCheck::expired:
            break;
    }
    return ProviderTrouble{Kind::untrusted,
                           "its certificate has expired: restart the provider, or set this "
                           "machine's clock"};
}

}  // namespace server::node

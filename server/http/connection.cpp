#include "server/http/connection.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <ctime>
#include <memory>
#include <optional>
#include <utility>

namespace server::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using tcp = asio::ip::tcp;

// Registers itself for close_idle() for as long as it lives.
class Connection {
  public:
    Connection(tcp::socket socket, Shared& shared)
        : stream(std::move(socket)), buffer(2 * shared.limits.header_bytes_max), shared_(shared) {
        shared_.connections.insert(this);
        shared_.counters.connections->Increment();
    }
    ~Connection() {
        shared_.connections.erase(this);
        shared_.counters.connections->Decrement();
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    beast::tcp_stream stream;
    beast::flat_buffer buffer;  // what was read beyond the current request: the pipeline's bound
    bool idle = false;

  private:
    Shared& shared_;
};

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t linger_bytes_max = 256 * 1024;

// No script or style of another origin, none inline, no frames, nothing embedded.
constexpr std::string_view content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src "
    "'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

struct Reading {
    Request request;
    std::optional<Reply> refusal;  // set: answer this instead, then close
    bool gone = false;             // the peer closed, or was too slow
    bool keep_alive = false;
};

Reply refusal_of(error_code error, bool target_seen) {
    using http_error = beast::http::error;
    if (error == http_error::header_limit || error == http_error::buffer_overflow) {
        if (!target_seen) {
            return problem(414, "target_too_long",
                           "The request's URL is too long. Shorten it to at most 2,048 characters.");
        }
        return problem(431, "header_too_large",
                       "The request's header exceeds 8 KiB. Send fewer or shorter fields.");
    }
    if (error == http_error::body_limit) {
        return problem(413, "body_too_large", "The request's body exceeds 64 KiB. Send less at a time.");
    }
    if (error == http_error::bad_version) {
        return problem(505, "http_version", "This server speaks HTTP/1.0 and HTTP/1.1. Use one of them.");
    }
    return problem(400, "malformed_request",
                   "This is not a well-formed HTTP request. Check the client that sent it.");
}

bool peer_left(error_code error) {
    return error == beast::http::error::end_of_stream || error == beast::http::error::partial_message ||
           error.category() != make_error_code(beast::http::error::end_of_stream).category();
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

using Message = beast::http::request<beast::http::string_body>;

// What Beast's parser lets through and HTTP does not, or we do not.
std::optional<Reply> check_message(const Message& message, const HttpLimits& limits) {
    if (message.target().size() > limits.target_bytes_max) {
        return problem(414, "target_too_long",
                       "The request's URL is too long. Shorten it to at most 2,048 characters.");
    }
    const auto hosts = message.count(beast::http::field::host);
    if (hosts > 1 || (hosts == 0 && message.version() >= 11)) {
        return problem(400, "host_field",
                       "An HTTP/1.1 request carries exactly one Host field. Check the client.");
    }
    return std::nullopt;
}

void take_message(Reading& out, const Message& message) {
    out.request.verb = parse_verb(view(message.method_string()));
    out.request.host = parse_host(message[beast::http::field::host]);
    out.request.if_none_match = message[beast::http::field::if_none_match];
    out.request.authorization = message[beast::http::field::authorization];
    boost::system::result<Target, TargetError> target = parse_target(view(message.target()));
    if (target) {
        out.request.target = std::move(*target);
        return;
    }
    out.refusal =
        problem(400, "malformed_target",
                "The request's URL is malformed: use plain path segments and percent-encoded UTF-8.");
}

// Waits for the first byte of a request; false when none came. What is already buffered counts.
asio::awaitable<bool> wait_for_request(Connection& connection, const Shared& shared) {
    if (connection.buffer.size() != 0) co_return true;
    if (shared.stopping) co_return false;
    connection.idle = true;
    connection.stream.expires_after(shared.limits.idle_timeout);
    auto [error, bytes] =
        co_await connection.stream.async_read_some(connection.buffer.prepare(2048), no_throw);
    connection.idle = false;
    connection.buffer.commit(bytes);
    if (error == beast::error::timeout) shared.counters.timed_out->Increment();
    co_return !error;
}

asio::awaitable<Reading> read_request(Connection& connection, const Shared& shared) {
    Reading out;
    beast::http::request_parser<beast::http::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(shared.limits.header_bytes_max));
    parser.body_limit(shared.limits.body_bytes_max);
    connection.stream.expires_after(shared.limits.request_timeout);
    auto [error, bytes] =
        co_await beast::http::async_read_header(connection.stream, connection.buffer, parser, no_throw);
    if (!error) {
        out.refusal = check_message(parser.get(), shared.limits);
        if (out.refusal) co_return out;
        std::tie(error, bytes) =
            co_await beast::http::async_read(connection.stream, connection.buffer, parser, no_throw);
    }
    if (error == beast::error::timeout) shared.counters.timed_out->Increment();
    if (error && peer_left(error)) {
        out.gone = true;
        co_return out;
    }
    if (error) {
        out.refusal = refusal_of(error, !parser.get().target().empty());
        co_return out;
    }
    out.keep_alive = parser.keep_alive();
    take_message(out, parser.get());
    co_return out;
}

// An answer that a database thread is making; `wake` is cancelled when it is there.
struct Pending {
    asio::steady_timer wake;
    std::optional<Reply> reply;
};

asio::awaitable<Reply> answer_from_database(const Route* route, Request request, Shared& shared) {
    if (shared.database_queries >= shared.limits.database_queries_max) {
        Reply busy =
            problem(503, "busy", "Too many questions wait for the database. Try again in a few seconds.");
        busy.fields.emplace_back("Retry-After", "5");
        co_return busy;
    }
    ++shared.database_queries;
    const auto executor = co_await asio::this_coro::executor;
    const auto pending =
        std::make_shared<Pending>(Pending{asio::steady_timer(executor, shared.limits.database_timeout), {}});
    asio::post(shared.database_threads, [pending, executor, route, request = std::move(request), &shared] {
        Reply made = answer(*route, Context{shared.services, nullptr, wall_clock_us()}, request);
        asio::post(executor, [pending, made = std::move(made), &shared]() mutable {
            --shared.database_queries;  // only now: a thread that hangs stays counted
            pending->reply = std::move(made);
            pending->wake.cancel();
        });
    });
    co_await pending->wake.async_wait(no_throw);
    if (pending->reply) co_return std::move(*pending->reply);
    co_return database_away("PostgreSQL takes too long to answer.");
}

Reply not_allowed(Verb verb, std::string_view allow) {
    Reply out = verb == Verb::other
                    ? problem(501, "unknown_method",
                              "This server does not know the request's method. Use GET or HEAD.")
                    : problem(405, "method_not_allowed",
                              "This address cannot be used with this method. Use GET or HEAD.");
    if (!allow.empty()) out.fields.emplace_back("Allow", std::string(allow));
    return out;
}

Reply answer_static(const Request& request, const StaticFiles& files) {
    std::string path;
    for (const std::string& segment : request.target.segments) path += (path.empty() ? "" : "/") + segment;
    const StaticFile* file = files.find(path);
    if (file == nullptr) {
        return problem(404, "not_found",
                       "There is nothing at this address. The pool's page is at /, its API under /api/v1.");
    }
    if (request.verb != Verb::get && request.verb != Verb::head)
        return not_allowed(request.verb, "GET, HEAD");
    return reply_of(*file, request.if_none_match);
}

asio::awaitable<Reply> answer_request(Request request, Shared& shared) {
    Match match = match_route(request.verb, request.target.segments);
    if (match.route == nullptr && !match.allow.empty()) co_return not_allowed(request.verb, match.allow);
    if (match.route == nullptr) co_return answer_static(request, shared.files);
    request.parameters = std::move(match.parameters);
    if (match.route->place == Place::database_thread) {
        co_return co_await answer_from_database(match.route, std::move(request), shared);
    }
    const std::int64_t now_us = wall_clock_us();
    const std::chrono::microseconds age(now_us - shared.remembered.read_at_us);
    if (age > shared.limits.history_age_max) shared.remembered.available = false;  // the refresh hangs
    co_return answer(*match.route, Context{shared.services, &shared.remembered, now_us}, request);
}

using Response = beast::http::response<beast::http::string_body>;

Response response_of(Reply reply, Verb verb, bool keep_alive) {
    Response out;
    out.version(11);
    out.result(reply.status);
    out.reason(beast::string_view(reason_of(reply.status).data(), reason_of(reply.status).size()));
    out.set(beast::http::field::server, "hashyard");
    out.set(beast::http::field::date,
            fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(std::time(nullptr))));
    if (!reply.content_type.empty()) out.set(beast::http::field::content_type, reply.content_type);
    out.set("X-Content-Type-Options", "nosniff");
    out.set("Referrer-Policy", "no-referrer");
    out.set("Content-Security-Policy",
            beast::string_view(content_security_policy.data(), content_security_policy.size()));
    out.set("Cross-Origin-Resource-Policy", "same-origin");
    for (const auto& [name, value] : reply.fields) out.set(name, value);
    if (!keep_alive) out.set(beast::http::field::connection, "close");
    if (reply.status != 304) out.content_length(reply.body.size());
    if (verb != Verb::head) out.body() = std::move(reply.body);
    return out;
}

asio::awaitable<bool> write_reply(beast::tcp_stream& stream, const Shared& shared, Response response) {
    shared.counters.replies.at(response.result_int() / 100)->Increment();
    stream.expires_after(shared.limits.response_timeout);
    beast::http::response_serializer<beast::http::string_body> serializer(response);
    auto [error, bytes] = co_await beast::http::async_write(stream, serializer, no_throw);
    if (error == beast::error::timeout) shared.counters.timed_out->Increment();
    co_return !error;
}

// A socket closed with unread bytes resets the connection, and the peer may lose the reply: read on for a
// short while.
asio::awaitable<void> linger(beast::tcp_stream& stream, const HttpLimits& limits) {
    error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream.expires_after(limits.linger_timeout);
    std::array<char, 4096> sink{};
    for (std::size_t total = 0; total < linger_bytes_max;) {
        auto [error, bytes] = co_await stream.async_read_some(asio::buffer(sink), no_throw);
        if (error) break;
        total += bytes;
    }
}

struct RefusalCount {
    Shared& shared;
    explicit RefusalCount(Shared& s) : shared(s) { ++shared.refusals; }
    ~RefusalCount() { --shared.refusals; }
    RefusalCount(const RefusalCount&) = delete;
    RefusalCount& operator=(const RefusalCount&) = delete;
};

}  // namespace

std::int64_t wall_clock_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

asio::awaitable<void> serve_connection(tcp::socket socket, Shared* shared) {
    Connection connection(std::move(socket), *shared);
    for (std::size_t served = 1;; ++served) {
        if (!co_await wait_for_request(connection, *shared)) co_return;
        Reading reading = co_await read_request(connection, *shared);
        if (reading.gone) co_return;
        const Verb verb = reading.request.verb;
        bool keep_alive = !reading.refusal && reading.keep_alive;
        Reply reply;
        if (reading.refusal) {
            reply = std::move(*reading.refusal);
        } else {
            reply = co_await answer_request(std::move(reading.request), *shared);
        }
        if (shared->stopping || served >= shared->limits.requests_per_connection_max) keep_alive = false;
        if (!co_await write_reply(connection.stream, *shared,
                                  response_of(std::move(reply), verb, keep_alive)))
            co_return;
        if (!keep_alive) break;
    }
    co_await linger(connection.stream, shared->limits);
}

asio::awaitable<void> refuse_connection(tcp::socket socket, Shared* shared) {
    const RefusalCount count(*shared);
    beast::tcp_stream stream(std::move(socket));
    Reply full = problem(503, "too_many_connections",
                         "The server has as many connections as it takes. Try again shortly.");
    full.fields.emplace_back("Retry-After", "5");
    if (co_await write_reply(stream, *shared, response_of(std::move(full), Verb::get, false))) {
        co_await linger(stream, shared->limits);
    }
}

void close_idle(Shared& shared) {
    for (Connection* connection : shared.connections) {
        if (connection->idle) connection->stream.cancel();
    }
}

}  // namespace server::http

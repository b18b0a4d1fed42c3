#include "server/node/rpc_connection.h"

#include <fstream>

#include <fmt/format.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/detail/base64.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

namespace server::node {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using std::chrono::steady_clock;

constexpr std::size_t cookie_bytes_max = 1024;
constexpr std::uint32_t header_bytes_max = 16 * 1024;

std::string base64(std::string_view text) {
    namespace codec = boost::beast::detail::base64;
    std::string out(codec::encoded_size(text.size()), '\0');
    out.resize(codec::encode(out.data(), text.data(), text.size()));
    return out;
}

// Nodes write a new cookie at each start.
std::optional<std::string> credentials_of(const RpcEndpoint& endpoint) {
    if (endpoint.cookie_file.empty()) return endpoint.user + ":" + endpoint.password;
    std::ifstream in(endpoint.cookie_file);
    std::string line;
    if (!std::getline(in, line) || line.size() > cookie_bytes_max) return std::nullopt;
    return line;
}

bool is_timeout(const boost::system::error_code& error) { return error == boost::beast::error::timeout; }

}  // namespace

std::optional<RpcEndpoint> parse_rpc_url(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    if (!url.starts_with(scheme)) return std::nullopt;
    url.remove_prefix(scheme.size());
    RpcEndpoint out;
    if (const auto slash = url.find('/'); slash != std::string_view::npos) {
        out.path = url.substr(slash);
        url = url.substr(0, slash);
    }
    const auto colon = url.rfind(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == url.size()) return std::nullopt;
    out.host = url.substr(0, colon);
    out.port = url.substr(colon + 1);
    if (out.port.find_first_not_of("0123456789") != std::string::npos || out.port.size() > 5)
        return std::nullopt;
    if (out.host.front() == '[' && out.host.back() == ']')
        out.host = out.host.substr(1, out.host.size() - 2);
    else if (out.host.find(':') != std::string::npos)
        return std::nullopt;
    if (out.host.empty() || out.host.find('@') != std::string::npos) return std::nullopt;
    return out;
}

RpcConnection::RpcConnection(asio::any_io_executor executor, const RpcEndpoint& endpoint)
    : executor_(std::move(executor)), endpoint_(endpoint) {}

std::string RpcConnection::head(std::size_t body_bytes) const {
    return fmt::format(
        "POST {} HTTP/1.1\r\nHost: {}:{}\r\nAuthorization: Basic {}\r\nContent-Type: application/json\r\n"
        "Content-Length: {}\r\nConnection: keep-alive\r\n\r\n",
        endpoint_.path, endpoint_.host, endpoint_.port, authorization_, body_bytes);
}

void RpcConnection::shut() {
    if (stream_) stream_->close();
    buffer_.clear();
    open_ = false;
}

void RpcConnection::interrupt() {
    interrupted_ = true;
    if (stream_) stream_->close();
}

asio::awaitable<std::optional<NodeError>> RpcConnection::connect(steady_clock::time_point until) {
    const auto credentials = credentials_of(endpoint_);
    if (!credentials)
        co_return NodeError{NodeFailure::unauthorized, "cannot read " + endpoint_.cookie_file.string()};
    authorization_ = base64(*credentials);
    boost::system::error_code error;
    tcp::resolver::results_type found;
    const auto number = static_cast<std::uint16_t>(std::stoul(endpoint_.port));
    // Addresses need no resolver, whose thread would cost a hop on each connection.
    if (const auto address = asio::ip::make_address(endpoint_.host, error); !error) {
        found = tcp::resolver::results_type::create(tcp::endpoint(address, number), endpoint_.host,
                                                    endpoint_.port);
    } else {
        tcp::resolver resolver(executor_);
        found = co_await resolver.async_resolve(endpoint_.host, endpoint_.port,
                                                asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return NodeError{NodeFailure::unreachable, endpoint_.host + ": " + error.message()};
    }
    stream_.emplace(executor_);
    stream_->expires_at(until);
    co_await stream_->async_connect(found, asio::redirect_error(asio::use_awaitable, error));
    if (error)
        co_return NodeError{NodeFailure::unreachable,
                            fmt::format("{}:{}: {}", endpoint_.host, endpoint_.port, error.message())};
    stream_->socket().set_option(tcp::no_delay(true), error);
    open_ = true;
    co_return std::nullopt;
}

asio::awaitable<RpcConnection::Step> RpcConnection::exchange(const std::string& first,
                                                             std::size_t second_bytes,
                                                             const SecondPart& second,
                                                             steady_clock::time_point until,
                                                             std::string& body, NodeError& error) {
    boost::system::error_code failed;
    stream_->expires_at(until);
    const auto start = head(first.size() + second_bytes) + first;
    co_await asio::async_write(*stream_, asio::buffer(start),
                               asio::redirect_error(asio::use_awaitable, failed));
    if (!failed && second) {
        const auto rest = second();
        co_await asio::async_write(*stream_, asio::buffer(rest),
                                   asio::redirect_error(asio::use_awaitable, failed));
    }
    http::response_parser<http::string_body> parser;
    parser.body_limit(reply_bytes_max);
    parser.header_limit(header_bytes_max);
    // Also after a failed write: a node that refuses early has answered before it closed.
    if (!is_timeout(failed))
        co_await http::async_read(*stream_, buffer_, parser,
                                  asio::redirect_error(asio::use_awaitable, failed));
    if (failed) {
        const bool nothing_came = !parser.got_some() && buffer_.size() == 0;
        shut();
        if (is_timeout(failed)) {
            error = {NodeFailure::silent, "no answer in time"};
            co_return Step::failed;
        }
        const bool not_http =
            failed.category() == http::make_error_code(http::error::bad_version).category() &&
            failed != http::error::end_of_stream && failed != http::error::partial_message;
        error = {not_http ? NodeFailure::not_understood : NodeFailure::unreachable, failed.message()};
        co_return nothing_came ? Step::gone_before_answer : Step::failed;
    }
    const auto status = parser.get().result_int();
    if (!parser.keep_alive()) shut();
    if (status == 401 || status == 403) {
        shut();  // the cookie may be a new one
        error = {NodeFailure::unauthorized, fmt::format("HTTP {}", status)};
        co_return Step::failed;
    }
    body = std::move(parser.get().body());
    if (body.empty()) {
        error = {NodeFailure::not_understood, fmt::format("HTTP {} without a body", status)};
        co_return Step::failed;
    }
    co_return Step::done;
}

asio::awaitable<NodeResult<std::string>> RpcConnection::call(std::string first, std::size_t second_bytes,
                                                             SecondPart second,
                                                             std::chrono::milliseconds deadline) {
    busy_ = true;
    interrupted_ = false;
    const auto until = steady_clock::now() + deadline;
    std::string body;
    NodeError error;
    auto step = Step::failed;
    const bool was_open = open_;
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (!open_) {
            if (auto failed = co_await connect(until)) {
                error = std::move(*failed);
                step = Step::failed;
                break;
            }
        }
        step = co_await exchange(first, second_bytes, second, until, body, error);
        // Nodes close idle connections; such a call is made again on a new one. All our calls may be
        // repeated.
        if (step != Step::gone_before_answer || !was_open || interrupted_) break;
    }
    busy_ = false;
    if (step == Step::done) co_return body;
    shut();
    if (interrupted_) co_return NodeError{NodeFailure::silent, "given up"};
    co_return error;
}

}  // namespace server::node

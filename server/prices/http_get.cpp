#include "server/prices/http_get.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>

#include "server/task.h"

namespace server::prices {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using std::chrono::steady_clock;

struct HttpExchange {
    HttpUrl url;
    steady_clock::time_point until;
    HttpAnswer answer;
    bool done = false;
};

namespace {

constexpr std::uint32_t header_bytes_max = 16 * 1024;

bool is_address(const std::string& host) {
    boost::system::error_code error;
    static_cast<void>(asio::ip::make_address(host, error));
    return !error;
}

std::string request_for(const HttpUrl& url) {
    const auto host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
    return fmt::format(
        "GET {} HTTP/1.1\r\nHost: {}:{}\r\nUser-Agent: hashyard\r\nAccept: application/json\r\n"
        "Accept-Encoding: identity\r\nConnection: close\r\n\r\n",
        url.target, host, url.port);
}

std::string text_of(const boost::system::error_code& error) {
    return error == boost::beast::error::timeout ? "no answer in time" : error.message();
}

template <typename Stream>
asio::awaitable<HttpAnswer> ask(Stream& stream, std::string request) {
    boost::system::error_code error;
    co_await asio::async_write(stream, asio::buffer(request),
                               asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return HttpAnswer{{}, text_of(error)};
    http::response_parser<http::string_body> parser;
    parser.body_limit(answer_bytes_max);
    parser.header_limit(header_bytes_max);
    boost::beast::flat_buffer buffer;
    co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return HttpAnswer{{}, text_of(error)};
    const auto status = parser.get().result_int();
    if (status / 100 == 3)
        co_return HttpAnswer{
            {}, fmt::format("HTTP {}: redirects are not followed; write the final address", status)};
    if (status != 200) co_return HttpAnswer{{}, fmt::format("HTTP {}", status)};
    co_return HttpAnswer{std::move(parser.get().body()), {}};
}

asio::awaitable<HttpAnswer> fetch(HttpUrl url, steady_clock::time_point until, asio::ssl::context& tls) {
    const auto executor = co_await asio::this_coro::executor;
    boost::system::error_code error;
    tcp::resolver resolver(executor);
    const auto found =
        co_await resolver.async_resolve(url.host, url.port, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return HttpAnswer{{}, url.host + ": " + error.message()};
    asio::ssl::stream<boost::beast::tcp_stream> stream(executor, tls);
    auto& wire = stream.next_layer();
    wire.expires_at(until);
    co_await wire.async_connect(found, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return HttpAnswer{{}, fmt::format("{}:{}: {}", url.host, url.port, text_of(error))};
    if (!url.tls) co_return co_await ask(wire, request_for(url));
    // What the macro SSL_set_tlsext_host_name does.
    if (!is_address(url.host))
        SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 url.host.data());
    stream.set_verify_callback(asio::ssl::host_name_verification(url.host));
    co_await stream.async_handshake(asio::ssl::stream_base::client,
                                    asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return HttpAnswer{{}, url.host + ": " + text_of(error)};
    co_return co_await ask(stream, request_for(url));
}

asio::awaitable<void> run(std::shared_ptr<HttpExchange> exchange, asio::ssl::context& tls) {
    try {
        exchange->answer = co_await fetch(exchange->url, exchange->until, tls);
    } catch (const std::exception& failure) {
        exchange->answer = {{}, failure.what()};
    }
    exchange->done = true;
}

}  // namespace

std::optional<HttpUrl> parse_http_url(std::string_view url) {
    HttpUrl out;
    if (url.size() > url_bytes_max) return std::nullopt;
    if (url.starts_with("https://"))
        out.tls = true;
    else if (!url.starts_with("http://"))
        return std::nullopt;
    if (std::any_of(url.begin(), url.end(), [](char c) { return c <= ' ' || c > '~' || c == '#'; }))
        return std::nullopt;
    url.remove_prefix(out.tls ? 8 : 7);
    const auto end = url.find_first_of("/?");
    if (end != std::string_view::npos) {
        out.target = url.substr(end);
        if (out.target.front() == '?') out.target.insert(0, "/");
        url = url.substr(0, end);
    }
    out.port = out.tls ? "443" : "80";
    const auto colon = url.rfind(':');
    if (colon != std::string_view::npos && url.find(']', colon) == std::string_view::npos) {
        out.port = url.substr(colon + 1);
        url = url.substr(0, colon);
        if (out.port.empty() || out.port.size() > 5 ||
            out.port.find_first_not_of("0123456789") != std::string::npos || std::stoul(out.port) > 65'535)
            return std::nullopt;
    }
    if (url.size() > 2 && url.front() == '[' && url.back() == ']')
        url = url.substr(1, url.size() - 2);
    else if (url.find_first_of(":[]") != std::string_view::npos)
        return std::nullopt;
    if (url.empty() || url.find('@') != std::string_view::npos) return std::nullopt;
    out.host = url;
    return out;
}

std::string public_text(const HttpUrl& url) {
    const auto host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
    return fmt::format("{}://{}:{}{}", url.tls ? "https" : "http", host, url.port,
                       url.target.substr(0, url.target.find('?')));
}

HttpGet::HttpGet(const std::string& ca_file) : context_(1), tls_(asio::ssl::context::tls_client) {
    boost::system::error_code error;
    if (ca_file.empty())
        tls_.set_default_verify_paths(error);
    else
        tls_.load_verify_file(ca_file, error);
    if (error) tls_problem_ = "the certificates of authorities cannot be read: " + error.message();
    tls_.set_verify_mode(asio::ssl::verify_peer);
    SSL_CTX_set_min_proto_version(tls_.native_handle(), TLS1_2_VERSION);
}

HttpAnswer HttpGet::get(const HttpUrl& url, std::chrono::milliseconds deadline) {
    if (url.tls && !tls_problem_.empty()) return {{}, tls_problem_};
    const auto until = steady_clock::now() + deadline;
    context_.restart();
    context_.poll();
    if (under_way_ && !under_way_->done) return {{}, "the look-up of the host's name still goes on"};
    under_way_ = std::make_shared<HttpExchange>(HttpExchange{url, until, {}, false});
    spawn(context_.get_executor(), run(under_way_, tls_), "price fetch");
    context_.restart();
    while (!under_way_->done && context_.run_one_until(until) != 0) {
    }
    // The socket's own timer ends what is left, should it have been due in the same instant.
    context_.restart();
    context_.poll();
    if (!under_way_->done) return {{}, "no answer in time"};
    return std::move(under_way_->answer);
}

}  // namespace server::prices

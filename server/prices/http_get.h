#pragma once
// One HTTP or HTTPS request at a time, with a deadline for all of it: looking the host up, connecting, the
// handshake, the whole answer. Answers are bounded; redirects are not followed; certificates are checked
// against the host's name. One thread: the caller's, which waits.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>

namespace server::prices {

inline constexpr std::size_t answer_bytes_max = 1U << 20U;  // a list of all pairs of a venue is 300 kB
inline constexpr std::size_t url_bytes_max = 1024;

struct HttpUrl {
    bool tls = false;
    std::string host;
    std::string port;
    std::string target = "/";  // path and query
};
// "https://host[:port][/path][?query]", host also as [IPv6]; nullopt when it is none. No user names,
// fragments, blanks or control letters.
[[nodiscard]] std::optional<HttpUrl> parse_http_url(std::string_view url);
// Without the query, which may hold a key.
[[nodiscard]] std::string public_text(const HttpUrl& url);

struct HttpAnswer {
    std::string body;
    std::string problem;  // why there is none; empty: status 200, and this is the whole body
};

struct HttpExchange;  // a question on its way

class HttpGet {
  public:
    // An empty ca_file: the system's certificates. A file that cannot be read makes every request fail.
    explicit HttpGet(const std::string& ca_file);

    // Waits at most `deadline`. A look-up of the host's name cannot be cut short: while it goes on the call
    // is given up, and further ones fail at once until it ends.
    HttpAnswer get(const HttpUrl& url, std::chrono::milliseconds deadline);

  private:
    boost::asio::io_context context_;
    boost::asio::ssl::context tls_;
    std::string tls_problem_;
    std::shared_ptr<HttpExchange> under_way_;
};

}  // namespace server::prices

#pragma once
// One keep-alive HTTP connection to a node's JSON-RPC port, one call at a time. Every call has a deadline for
// all of it: connecting, sending and the whole answer. Replies are bounded. One thread.

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "server/node/node_client.h"

namespace server::node {

inline constexpr std::size_t reply_bytes_max = 64u
                                               << 20;  // the largest template is 8 MB of hex and some names

struct RpcEndpoint {
    std::string host;
    std::string port;
    std::string path = "/";
    std::string user;
    std::string password;
    std::filesystem::path cookie_file;  // wins over user and password
};
// "http://host:port[/path]", host also as [IPv6]; nullopt when it is none.
[[nodiscard]] std::optional<RpcEndpoint> parse_rpc_url(std::string_view url);

class RpcConnection {
  public:
    RpcConnection(boost::asio::any_io_executor executor, const RpcEndpoint& endpoint);

    // Sends a request body in one or two parts (the second made only once the first is on its way) and gives
    // the answer's body, whatever its HTTP status, unless that says unauthorized.
    using SecondPart = std::function<std::string_view()>;
    boost::asio::awaitable<NodeResult<std::string>> call(std::string first, std::size_t second_bytes,
                                                         SecondPart second,
                                                         std::chrono::milliseconds deadline);
    // Ends the call under way as `silent`; the connection is closed.
    void interrupt();
    [[nodiscard]] bool busy() const { return busy_; }
    [[nodiscard]] bool open() const { return open_; }

  private:
    enum class Step { done, gone_before_answer, failed };
    boost::asio::awaitable<std::optional<NodeError>> connect(std::chrono::steady_clock::time_point until);
    boost::asio::awaitable<Step> exchange(const std::string& first, std::size_t second_bytes,
                                          const SecondPart& second,
                                          std::chrono::steady_clock::time_point until, std::string& body,
                                          NodeError& error);
    [[nodiscard]] std::string head(std::size_t body_bytes) const;
    void shut();

    const boost::asio::any_io_executor executor_;
    const RpcEndpoint& endpoint_;
    std::optional<boost::beast::tcp_stream> stream_;
    boost::beast::flat_buffer buffer_;
    std::string authorization_;  // as it goes into the header
    bool open_ = false;
    bool busy_ = false;
    bool interrupted_ = false;
};

}  // namespace server::node

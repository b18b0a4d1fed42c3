#include "server/wallet/rpc.h"

#include <optional>

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "server/node/rpc_connection.h"
#include "server/node/rpc_reply.h"

namespace server::wallet {

namespace {

using Kind = RpcFailure::Kind;
using Answer = std::optional<node::NodeResult<std::string>>;

boost::asio::awaitable<void> ask(node::RpcConnection& connection, std::string body,
                                 std::chrono::milliseconds deadline, Answer& answer) {
    answer = co_await connection.call(std::move(body), 0, nullptr, deadline);
}

}  // namespace

RpcResult<std::string> CoreRpc::call(std::string_view method, std::string_view parameters) {
    auto endpoint = node::parse_rpc_url(options_.rpc_url);
    if (!endpoint)
        return RpcFailure{Kind::refused, "payout.rpc_url is not of the form http://host:port/wallet/NAME"};
    endpoint->user = options_.rpc_user;
    endpoint->password = options_.rpc_password;
    endpoint->cookie_file = options_.rpc_cookie_file;
    boost::asio::io_context context;
    node::RpcConnection connection(context.get_executor(), *endpoint);
    Answer answer;
    boost::asio::co_spawn(
        context,
        ask(connection,
            fmt::format(R"({{"jsonrpc":"1.0","id":1,"method":"{}","params":[{}]}})", method, parameters),
            options_.rpc_timeout, answer),
        boost::asio::detached);
    context.run();
    if (!answer) return RpcFailure{Kind::uncertain, "the call ended without an answer"};
    if (!*answer) {
        const auto& error = answer->error();
        const auto kind = error.failure == node::NodeFailure::unauthorized ? Kind::refused : Kind::uncertain;
        return RpcFailure{kind,
                          fmt::format("{}: {} ({})", method, node::name_of(error.failure), error.detail)};
    }
    const auto reply = node::split_reply(**answer);
    if (!reply) return RpcFailure{Kind::uncertain, fmt::format("{}: the answer is not understood", method)};
    if (reply->error)
        return RpcFailure{reply->error->code == node::rpc_not_found ? Kind::not_found : Kind::refused,
                          fmt::format("{}: {}", method, reply->error->message)};
    return std::string(reply->result);
}

}  // namespace server::wallet

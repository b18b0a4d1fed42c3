#include "server/node/rpc_node.h"

#include <stdexcept>

#include <fmt/format.h>

#include "server/node/json_scanner.h"

namespace server::node {
namespace {

using std::chrono::milliseconds;
using stratum::Hash256;

// Nodes check a block of 4,000,000 weight before they answer.
constexpr int block_timeouts = 6;

NodeFailure failure_of(std::int64_t code) {
    switch (code) {
        case rpc_in_warmup:
            return NodeFailure::warming_up;
        case rpc_in_initial_download:
            return NodeFailure::downloading;
        case rpc_not_connected:
            return NodeFailure::without_peers;
        case rpc_not_found:
            return NodeFailure::not_found;
        default:
            return NodeFailure::refused;
    }
}

// The reply's result as text, or why there is none.
NodeResult<std::string_view> result_of(std::string_view body) {
    const auto reply = split_reply(body);
    if (!reply) return NodeError{NodeFailure::not_understood, readable(body.substr(0, 80))};
    if (reply->error) {
        // bcoin has one code for all of these.
        const bool unknown = reply->error->message == "Block not found";
        return NodeError{unknown ? NodeFailure::not_found : failure_of(reply->error->code),
                         reply->error->message};
    }
    return reply->result;
}

// submitblock's and a proposal's answer: null, or a reason.
NodeResult<std::string> verdict_of(std::string_view result) {
    JsonScanner in(result);
    if (in.null()) return std::string{};
    const auto reason = in.string();
    if (!reason) return NodeError{NodeFailure::not_understood, readable(result.substr(0, 80))};
    return readable(reason->substr(0, 300));
}

NodeError not_understood(std::string_view result) {
    return {NodeFailure::not_understood, readable(result.substr(0, 80))};
}

std::string request(std::string_view method, std::string_view parameters) {
    return fmt::format(R"({{"jsonrpc":"1.0","id":1,"method":"{}","params":[{}]}})", method, parameters);
}

}  // namespace

RpcNode::RpcNode(boost::asio::any_io_executor executor, const NodeOptions& options, stratum::Network network,
                 milliseconds timeout)
    : shared_(std::make_shared<Shared>()), network_(network), timeout_(timeout) {
    auto endpoint = parse_rpc_url(options.rpc_url);
    if (!endpoint)
        throw std::runtime_error("node " + options.name + ": \"" + options.rpc_url +
                                 "\" is not of the form http://host:port");
    endpoint->user = options.rpc_user;
    endpoint->password = options.rpc_password;
    endpoint->cookie_file = options.rpc_cookie_file;
    shared_->executor = std::move(executor);
    shared_->endpoint = std::move(*endpoint);
}

// The one used last is the likeliest to be still open.
RpcNode::ConnectionPtr RpcNode::take_connection(Shared& shared) {
    for (auto at = shared.connections.begin(); at != shared.connections.end(); ++at) {
        if ((*at)->busy()) continue;
        shared.connections.splice(shared.connections.begin(), shared.connections, at);
        return shared.connections.front();
    }
    if (shared.connections.size() >= rpc_connections_max) return nullptr;
    shared.connections.push_front(std::make_shared<RpcConnection>(shared.executor, shared.endpoint));
    return shared.connections.front();
}

NodeCall<std::string> RpcNode::raw_call(std::shared_ptr<Shared> shared, std::string first,
                                        std::size_t second_bytes, RpcConnection::SecondPart second,
                                        milliseconds deadline, bool is_longpoll) {
    if (shared->closed) co_return NodeError{NodeFailure::closed, "shutting down"};
    const auto connection = take_connection(*shared);
    if (!connection) co_return NodeError{NodeFailure::silent, "too many calls wait for it"};
    if (is_longpoll) shared->longpoll = connection;
    auto body = co_await connection->call(std::move(first), second_bytes, std::move(second), deadline);
    if (is_longpoll) shared->longpoll.reset();
    if (shared->closed) co_return NodeError{NodeFailure::closed, "shutting down"};
    co_return body;
}

NodeCall<std::string> RpcNode::call(std::string method, std::string parameters) {
    co_return co_await raw_call(shared_, request(method, parameters), 0, {}, timeout_, false);
}

NodeCall<ChainInfo> RpcNode::chain_info() {
    const auto body = co_await call("getblockchaininfo", "");
    if (!body) co_return body.error();
    const auto result = result_of(*body);
    if (!result) co_return result.error();
    auto info = parse_chain_info(*result);
    if (!info) co_return not_understood(*result);
    co_return std::move(*info);
}

NodeCall<Hash256> RpcNode::block_hash(std::uint32_t height) {
    const auto body = co_await call("getblockhash", std::to_string(height));
    if (!body) co_return body.error();
    const auto result = result_of(*body);
    if (!result) co_return result.error();
    const auto text = JsonScanner(*result).string();
    const auto hash = text ? stratum::parse_displayed(*text) : std::nullopt;
    if (!hash) co_return not_understood(*result);
    co_return *hash;
}

NodeCall<BlockHeader> RpcNode::block_header(Hash256 hash) {
    const auto body = co_await call("getblockheader", json_text(stratum::displayed(hash)) + ",true");
    if (!body) co_return body.error();
    const auto result = result_of(*body);
    if (!result) co_return result.error();
    auto header = parse_block_header(*result);
    if (!header) co_return not_understood(*result);
    if (!header->nonce_known) co_return co_await complete(*header);
    co_return *header;
}

// bcoin leaves the nonce out, and counts confirmations of blocks beside the chain as if they were in it.
NodeCall<BlockHeader> RpcNode::complete(BlockHeader header) {
    const auto body = co_await call("getblockheader", json_text(stratum::displayed(header.hash)) + ",false");
    if (!body) co_return body.error();
    const auto result = result_of(*body);
    if (!result) co_return result.error();
    const auto text = JsonScanner(*result).string();
    std::array<std::uint8_t, 80> raw;
    if (!text || !stratum::decode_hex(*text, raw)) co_return not_understood(*result);
    header.nonce = stratum::load_le32(raw.data() + 76);
    header.nonce_known = true;
    const auto in_chain = co_await block_hash(header.height);
    if (!in_chain) co_return in_chain.error();
    if (*in_chain != header.hash) header.confirmations = -1;
    co_return header;
}

NodeCall<NodeTemplate> RpcNode::block_template(std::string longpollid, milliseconds deadline) {
    const bool waits = !longpollid.empty();
    // The id came out of JSON as it stood there and goes back the same.
    const auto wish = waits ? R"(,"longpollid":")" + longpollid + '"' : std::string{};
    auto first = request(
        "getblocktemplate",
        R"({"rules":["segwit"],"capabilities":["coinbasevalue","coinbase/append","longpoll","workid"])" +
            wish + "}");
    const auto body = co_await raw_call(shared_, std::move(first), 0, {}, deadline, waits);
    if (!body) co_return body.error();
    const auto result = result_of(*body);
    if (!result) co_return result.error();
    auto offered = parse_template(*result, network_);
    if (!offered) co_return NodeError{NodeFailure::bad_template, name_of(offered.error())};
    co_return std::move(*offered);
}

NodeCall<std::string> RpcNode::block_call(std::shared_ptr<Shared> shared, std::string before,
                                          OutgoingBlockPtr block, std::string after, milliseconds deadline) {
    // The head leaves first; only then is the hex made, by whichever call comes first.
    const auto tail = std::make_shared<std::string>();
    RpcConnection::SecondPart second = [block, tail, after]() -> std::string_view {
        *tail = block->hex() + after;
        return *tail;
    };
    const auto bytes = 2 * block->bytes().size() + after.size();
    const auto body =
        co_await raw_call(std::move(shared), std::move(before), bytes, std::move(second), deadline, false);
    if (!body) co_return body.error();
    const auto result = result_of(*body);
    if (!result) co_return result.error();
    co_return verdict_of(*result);
}

NodeCall<std::string> RpcNode::propose(OutgoingBlockPtr block) {
    std::string before = R"({"jsonrpc":"1.0","id":1,"method":"getblocktemplate",)"
                         R"("params":[{"mode":"proposal","rules":["segwit"],"data":")";
    co_return co_await block_call(shared_, std::move(before), std::move(block), "\"}]}",
                                  block_timeouts * timeout_);
}

NodeCall<std::string> RpcNode::submit(OutgoingBlockPtr block) {
    co_return co_await block_call(shared_, R"({"jsonrpc":"1.0","id":1,"method":"submitblock","params":[")",
                                  std::move(block), "\"]}", block_timeouts * timeout_);
}

void RpcNode::end_longpoll() {
    if (shared_->longpoll) shared_->longpoll->interrupt();
}

void RpcNode::close() {
    shared_->closed = true;
    for (const auto& connection : shared_->connections)
        if (connection->busy()) connection->interrupt();
}

}  // namespace server::node

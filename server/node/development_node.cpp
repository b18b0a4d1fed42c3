#include "server/node/development_node.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace server::node {
namespace {

namespace asio = boost::asio;
using World = std::shared_ptr<DevelopmentWorld>;

std::uint32_t unix_now() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

NodeError closed() { return {NodeFailure::closed, "shutting down"}; }

// The following run on the world's executor.
asio::awaitable<ChainInfo> info_of(World world) { co_return world->chain.info(); }

asio::awaitable<std::optional<stratum::Hash256>> hash_of(World world, std::uint32_t height) {
    co_return world->chain.hash_at(height);
}

asio::awaitable<std::optional<BlockHeader>> header_of(World world, stratum::Hash256 hash) {
    co_return world->chain.header(hash);
}

asio::awaitable<std::optional<NodeTemplate>> template_of(World world, std::string longpollid,
                                                         std::chrono::milliseconds deadline) {
    const auto until = std::chrono::steady_clock::now() + deadline;
    while (!world->closed && longpollid == stratum::displayed(world->chain.tip())) {
        if (std::chrono::steady_clock::now() >= until) co_return std::nullopt;
        asio::steady_timer timer(world->executor, until);
        world->waiting.insert(&timer);
        boost::system::error_code woken;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        world->waiting.erase(&timer);
    }
    if (world->closed) co_return std::nullopt;
    co_return world->chain.make_template(unix_now());
}

asio::awaitable<std::string> proposal_of(World world, OutgoingBlockPtr block) {
    co_return world->chain.propose(block->bytes(), unix_now());
}

asio::awaitable<std::string> submission_of(World world, OutgoingBlockPtr block) {
    auto reason = world->chain.submit(block->bytes(), unix_now());
    if (reason.empty()) world->wake_waiting();
    co_return reason;
}

}  // namespace

void DevelopmentWorld::wake_waiting() {
    for (auto* timer : waiting) timer->cancel();
}

NodeCall<ChainInfo> DevelopmentNode::chain_info() {
    if (closed_) co_return closed();
    co_return co_await asio::co_spawn(world_->executor, info_of(world_), asio::use_awaitable);
}

NodeCall<stratum::Hash256> DevelopmentNode::block_hash(std::uint32_t height) {
    if (closed_) co_return closed();
    const auto hash = co_await asio::co_spawn(world_->executor, hash_of(world_, height), asio::use_awaitable);
    if (!hash) co_return NodeError{NodeFailure::not_found, "no block of this height"};
    co_return *hash;
}

NodeCall<BlockHeader> DevelopmentNode::block_header(stratum::Hash256 hash) {
    if (closed_) co_return closed();
    auto header = co_await asio::co_spawn(world_->executor, header_of(world_, hash), asio::use_awaitable);
    if (!header) co_return NodeError{NodeFailure::not_found, "unknown block"};
    co_return *header;
}

NodeCall<NodeTemplate> DevelopmentNode::block_template(std::string longpollid,
                                                       std::chrono::milliseconds deadline) {
    if (closed_) co_return closed();
    auto offered = co_await asio::co_spawn(
        world_->executor, template_of(world_, std::move(longpollid), deadline), asio::use_awaitable);
    if (closed_) co_return closed();
    if (!offered) co_return NodeError{NodeFailure::silent, "nothing new"};
    co_return std::move(*offered);
}

NodeCall<std::string> DevelopmentNode::propose(OutgoingBlockPtr block) {
    if (closed_) co_return closed();
    co_return co_await asio::co_spawn(world_->executor, proposal_of(world_, std::move(block)),
                                      asio::use_awaitable);
}

NodeCall<std::string> DevelopmentNode::submit(OutgoingBlockPtr block) {
    if (closed_) co_return closed();
    co_return co_await asio::co_spawn(world_->executor, submission_of(world_, std::move(block)),
                                      asio::use_awaitable);
}

}  // namespace server::node

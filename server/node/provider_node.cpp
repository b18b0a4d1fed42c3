#include "server/node/provider_node.h"

#include <algorithm>

namespace server::node {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

}  // namespace

ProviderNode::ProviderNode(boost::asio::any_io_executor executor, const Options& options,
                           std::shared_ptr<ProviderLink> link)
    : RpcNode(std::move(executor), options.node, options.network, options.rpc_timeout),
      link_(std::move(link)),
      patience_(options.patience) {}

NodeCall<ChainInfo> ProviderNode::chain_info() {
    auto info = co_await RpcNode::chain_info();
    if (info && !link_->stopped()) hear(*info);
    co_return info;
}

// A provider that hangs says nothing; its node's tip gives it away.
void ProviderNode::hear(const ChainInfo& info) {
    const auto now = Clock::now();
    if (node_tip_ != info.tip) {
        node_tip_ = info.tip;
        node_tip_at_ = now;
    }
    const auto told_at = link_->told_at();
    if (!told_at || info.initial_download || link_->tip() == node_tip_) return;
    if (now - std::max(*told_at, node_tip_at_) > patience_)
        link_->give_up({ProviderTrouble::Kind::silent,
                        link_->tip() ? "it does not follow its node's chain" : "it sends no template"});
}

// The node was heard of a tip after the provider named another one.
bool ProviderNode::is_behind() const {
    const auto told_at = link_->told_at();
    return told_at && node_tip_ && link_->tip() != node_tip_ && node_tip_at_ > *told_at;
}

NodeCall<NodeTemplate> ProviderNode::block_template(std::string longpollid, milliseconds deadline) {
    const bool waits = !longpollid.empty();
    const auto until = Clock::now() + deadline;
    const auto ended_before = longpolls_ended_;
    while (!link_->stopped()) {
        if (auto refusal = link_->take_refusal()) co_return *refusal;
        if (auto error = link_->error()) co_return *error;
        const auto offered = link_->latest();
        // The tip's own template follows the tip within moments: until then the one before is no news.
        const bool on_tip = offered && offered->work.previous == link_->tip() && !is_behind();
        if (on_tip && offered->longpollid != longpollid) co_return co_await complete(offered);
        if (waits && (longpolls_ended_ != ended_before || Clock::now() >= until))
            co_return NodeError{NodeFailure::silent, "nothing new"};
        if (Clock::now() >= until)
            co_return NodeError{NodeFailure::no_provider, "it has sent none for the node's tip"};
        co_await link_->wait(until);
    }
    co_return NodeError{NodeFailure::closed, "shutting down"};
}

// Height and earliest time follow from the block it builds on, which the node knows.
NodeCall<NodeTemplate> ProviderNode::complete(std::shared_ptr<const NodeTemplate> offered) {
    const auto named_at = link_->told_at().value_or(Clock::now());
    if (!parent_ || parent_->hash != offered->work.previous) {
        auto header = co_await RpcNode::block_header(offered->work.previous);
        if (!header && header.error().failure == NodeFailure::not_found)
            co_return NodeError{NodeFailure::no_provider, "it builds on a block that its node does not know"};
        if (!header) co_return header.error();
        parent_ = *header;
    }
    auto out = *offered;
    auto& work = out.work;
    if (parent_->height + 1 != work.height) {
        link_->give_up({ProviderTrouble::Kind::bad_template, name_of(TemplateError::bad_height)});
        co_return NodeError{NodeFailure::no_provider, "its template has another height than its tip"};
    }
    // Its clock, as it goes on since.
    const auto age = std::chrono::duration_cast<seconds>(Clock::now() - named_at);
    work.time_min = parent_->median_time + 1;
    work.time = std::max(work.time + static_cast<std::uint32_t>(age.count()), work.time_min);
    co_return out;
}

void ProviderNode::end_longpoll() {
    ++longpolls_ended_;
    link_->wake();
}

SolutionNode::SolutionNode(boost::asio::any_io_executor executor, const NodeOptions& options,
                           stratum::Network network, milliseconds timeout, std::shared_ptr<ProviderLink> link)
    : RpcNode(std::move(executor), options, network, timeout), name_(options.name), link_(std::move(link)) {}

NodeCall<std::string> SolutionNode::submit(OutgoingBlockPtr block) {
    if (block->solution() && block->solution()->node == name_) link_->submit(*block->solution());
    co_return co_await RpcNode::submit(std::move(block));
}

}  // namespace server::node

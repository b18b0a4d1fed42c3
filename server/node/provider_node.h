#pragma once
// A node with a template provider beside it: the provider pushes templates and tips, the node's RPC answers
// all else. Two parts for the two threads that need them. Stratum V2 specification chapter 7.

#include <memory>
#include <optional>

#include "server/node/provider_link.h"
#include "server/node/rpc_node.h"

namespace server::node {

// Control thread, as the link.
class ProviderNode : public RpcNode {
  public:
    struct Options {
        NodeOptions node;
        stratum::Network network = stratum::Network::regtest;
        std::chrono::milliseconds rpc_timeout{10'000};
        // The provider named no block, or another than the node's, for so long: it is connected to anew.
        std::chrono::milliseconds patience{30'000};
    };
    ProviderNode(boost::asio::any_io_executor executor, const Options& options,
                 std::shared_ptr<ProviderLink> link);

    NodeCall<ChainInfo> chain_info() override;
    // The longpollid names the provider's template.
    NodeCall<NodeTemplate> block_template(std::string longpollid,
                                          std::chrono::milliseconds deadline) override;
    void end_longpoll() override;

  private:
    using Clock = std::chrono::steady_clock;
    void hear(const ChainInfo& info);
    [[nodiscard]] bool is_behind() const;
    NodeCall<NodeTemplate> complete(std::shared_ptr<const NodeTemplate> offered);

    const std::shared_ptr<ProviderLink> link_;
    const std::chrono::milliseconds patience_;
    std::optional<stratum::Hash256> node_tip_;
    Clock::time_point node_tip_at_;
    std::optional<BlockHeader> parent_;  // of the latest template asked for
    std::uint64_t longpolls_ended_ = 0;
};

// Block thread: the block goes to the provider as a solution and to the node whole, whichever is first.
class SolutionNode : public RpcNode {
  public:
    SolutionNode(boost::asio::any_io_executor executor, const NodeOptions& options, stratum::Network network,
                 std::chrono::milliseconds timeout, std::shared_ptr<ProviderLink> link);

    NodeCall<std::string> submit(OutgoingBlockPtr block) override;

  private:
    const std::string name_;
    const std::shared_ptr<ProviderLink> link_;
};

}  // namespace server::node

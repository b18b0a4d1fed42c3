#pragma once
// The development chain behind the interface of a node. The chain lives on one executor (the block thread's);
// clients on any thread cross over to it for each call.

#include <memory>
#include <set>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/node/development_chain.h"
#include "server/node/node_client.h"

namespace server::node {

// The chain with those who wait for its next tip. Used on `executor` only, once clients exist.
struct DevelopmentWorld {
    DevelopmentWorld(boost::asio::any_io_executor runs_on, DevelopmentChainOptions options)
        : executor(std::move(runs_on)), chain(std::move(options)) {}

    void wake_waiting();

    boost::asio::any_io_executor executor;
    DevelopmentChain chain;
    std::set<boost::asio::steady_timer*> waiting;
    bool closed = false;  // nobody may wait any more
};

class DevelopmentNode : public NodeClient {
  public:
    explicit DevelopmentNode(std::shared_ptr<DevelopmentWorld> world) : world_(std::move(world)) {}

    NodeCall<ChainInfo> chain_info() override;
    NodeCall<stratum::Hash256> block_hash(std::uint32_t height) override;
    NodeCall<BlockHeader> block_header(stratum::Hash256 hash) override;
    NodeCall<NodeTemplate> block_template(std::string longpollid,
                                          std::chrono::milliseconds deadline) override;
    NodeCall<std::string> propose(OutgoingBlockPtr block) override;
    NodeCall<std::string> submit(OutgoingBlockPtr block) override;
    void end_longpoll() override {}
    void close() override { closed_ = true; }

  private:
    std::shared_ptr<DevelopmentWorld> world_;
    bool closed_ = false;
};

}  // namespace server::node

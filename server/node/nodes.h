#pragma once
// The node side as the rest of the server sees it: templates in, blocks out. Owned by main.cpp.
// Runs on the control thread (its io_context); submit() may be called from any shard thread.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/node/options.h"
#include "stratum/template.h"

namespace boost::asio {
class io_context;
}
namespace prometheus {
class Registry;
}

namespace server::node {

// A share that meets the network target, complete enough to be a block without asking anyone.
struct BlockCandidate {
    stratum::Hash256 hash;
    std::array<std::uint8_t, 80> header{};
    stratum::Bytes coinbase;  // without witness
    stratum::TemplatePtr work;
    std::int64_t found_at_us = 0;
};

enum class NodeState { starting, healthy, stalled, lagging, wrong_chain, unreachable };
const char* name_of(NodeState state);

struct NodeStatus {
    std::string name;
    NodeState state = NodeState::starting;
    std::string detail;  // a sentence for the operator
    std::uint32_t height = 0;
    std::string tip;  // displayed hash
};

// What became of a block, read from the chain by hash. confirmations: 1 = it is the tip. Orphaned: known and
// not in the chain.
enum class BlockState { submitted, immature, mature, orphaned };
const char* name_of(BlockState state);
struct BlockNews {
    stratum::Hash256 hash;
    BlockState state = BlockState::submitted;
    std::uint32_t confirmations = 0;
    std::string node;
    std::string detail;
};

struct NodesEvents {
    std::function<void(stratum::TemplatePtr)>
        on_template;  // control thread; a new best template (early ones too)
    std::function<void(const BlockNews&)>
        on_block_news;  // control thread; every change of state or confirmations of a watched block
    std::function<void(bool templates_flow)>
        on_flow;  // control thread; false when no node gives templates any more
};

class NodeDesk;
class OutgoingBlock;

class Nodes {
  public:
    // Throws std::runtime_error when the options cannot work: a development chain off regtest, a folder that
    // cannot be used.
    Nodes(boost::asio::io_context& control, NodesOptions options, NodesEvents events,
          prometheus::Registry& registry);
    ~Nodes();
    Nodes(const Nodes&) = delete;
    Nodes& operator=(const Nodes&) = delete;

    void start();
    void stop();
    // Any thread. Writes the block file, then sends to every node in parallel without waiting; retries until
    // the chain answers for it.
    void submit(BlockCandidate candidate);
    // Any thread. What the node whose work is mined thinks of a block whose nonce nobody has searched: empty
    // when it would take it, else its reason; nullopt when it could not be asked. `on_answer` is called once,
    // on the control thread, unless that ends before.
    using OnJudgement = std::function<void(std::optional<std::string> reason)>;
    void propose(std::shared_ptr<OutgoingBlock> block, OnJudgement on_answer);
    // Any thread. Blocks found earlier (from PostgreSQL at start) whose fate is still open.
    void watch(std::vector<stratum::Hash256> hashes);
    // Any thread: a copy of the latest.
    [[nodiscard]] std::vector<NodeStatus> status() const;

  private:
    std::shared_ptr<NodeDesk> desk_;  // shared with the coroutines that may outlive stop()
};

}  // namespace server::node

#include "server/node/nodes.h"

#include <boost/asio/io_context.hpp>

#include "server/node/node_desk.h"

namespace server::node {

const char* name_of(NodeState state) {
    switch (state) {
        case NodeState::starting:
            return "starting";
        case NodeState::healthy:
            return "healthy";
        case NodeState::stalled:
            return "stalled";
        case NodeState::lagging:
            return "lagging";
        case NodeState::wrong_chain:
            return "wrong_chain";
        case NodeState::unreachable:
            break;
    }
    return "unreachable";
}

const char* name_of(BlockState state) {
    switch (state) {
        case BlockState::submitted:
            return "submitted";
        case BlockState::immature:
            return "immature";
        case BlockState::mature:
            return "mature";
        case BlockState::orphaned:
            break;
    }
    return "orphaned";
}

Nodes::Nodes(boost::asio::io_context& control, NodesOptions options, NodesEvents events,
             prometheus::Registry& registry)
    : desk_(std::make_shared<NodeDesk>(control.get_executor(), std::move(options), std::move(events),
                                       registry)) {}

Nodes::~Nodes() { desk_->stop(); }

void Nodes::start() { desk_->start(); }
void Nodes::stop() { desk_->stop(); }
void Nodes::submit(BlockCandidate candidate) { desk_->sender().submit(std::move(candidate)); }
void Nodes::propose(OutgoingBlockPtr block, OnJudgement on_answer) {
    desk_->propose(std::move(block), std::move(on_answer));
}
void Nodes::watch(std::vector<stratum::Hash256> hashes) { desk_->sender().watch(std::move(hashes)); }
std::vector<NodeStatus> Nodes::status() const { return desk_->status(); }

}  // namespace server::node

#pragma once
// How well a node is, judged from what was seen of it. Pure; any thread.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "server/node/node_client.h"
#include "server/node/nodes.h"

namespace server::node {

struct NodeObservation {
    std::optional<NodeError> poll_error;      // of the latest getblockchaininfo
    std::optional<NodeError> template_error;  // of the latest getblocktemplate
    std::string wrong_chain;                  // why it is not our network; empty: it is
    std::string distrusted;                   // why its tip is not believed; empty: it is
    bool identified = false;                  // its network was checked since it last went away
    bool initial_download = false;
    std::uint32_t height = 0;
    std::uint32_t headers = 0;
    std::uint32_t height_elsewhere = 0;                // the best of all nodes
    std::chrono::seconds behind_for{0};                // below height_elsewhere
    std::optional<std::chrono::seconds> template_age;  // none: it never gave one
    std::chrono::seconds tip_without_template{0};      // its tip moved so long ago and no template followed
};

struct NodeLimits {
    std::chrono::seconds stalled_after{90};
    std::chrono::seconds lagging_after{10};
};

struct NodeJudgement {
    NodeState state = NodeState::starting;
    std::string detail;
    bool operator==(const NodeJudgement&) const = default;
};
[[nodiscard]] NodeJudgement judge(const NodeObservation& seen, const NodeLimits& limits);

// Why a node that calls its chain `chain` and has this first block is not on `network`; empty when it is.
[[nodiscard]] std::string wrong_chain(const std::string& chain, const stratum::Hash256& genesis,
                                      stratum::Network network);

}  // namespace server::node

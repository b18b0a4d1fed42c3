#pragma once
// Pure decisions of the node side: which node's template is mined, and the empty job that goes ahead of a
// full one.

#include <cstdint>
#include <optional>
#include <vector>

#include "server/node/rpc_reply.h"
#include "stratum/template.h"

namespace server::node {

struct Candidate {
    bool usable = false;       // has a template, and its node was well lately
    std::uint32_t height = 0;  // of the template
};
// The highest usable template; at equal height the one mined now (by index), then the first. nullopt: none is
// usable.
[[nodiscard]] std::optional<std::size_t> choose(const std::vector<Candidate>& candidates,
                                                std::optional<std::size_t> current);

// An empty template on top of `tip`, when the next block's rules follow from the template mined until now:
// the tip builds on the same parent, and no retarget or rule change lies between. nullopt: wait for the
// node's own template.
[[nodiscard]] std::optional<stratum::Template> make_early_template(const BlockHeader& tip,
                                                                   const stratum::Template& mined,
                                                                   stratum::Network network,
                                                                   std::uint32_t now);

// A tip that a node alone claims is believed when its header carries work not much below what was mined on
// until now (a retarget changes the target at most fourfold).
[[nodiscard]] bool is_believable(const BlockHeader& tip, const stratum::Template* mined);

}  // namespace server::node

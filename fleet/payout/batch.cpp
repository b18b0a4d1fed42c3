#include "fleet/payout/batch.h"

#include <algorithm>

namespace fleet::payout {

const char* name_of(BatchState state) {
    switch (state) {
        case BatchState::reserved:
            return "reserved";
        case BatchState::built:
            return "built";
        case BatchState::fully_signed:
            return "fully_signed";
        case BatchState::broadcast:
            return "broadcast";
        case BatchState::unknown:
            return "unknown";
        case BatchState::confirming:
            return "confirming";
        case BatchState::settled:
            return "settled";
        case BatchState::abandoned:
            return "abandoned";
    }
    return "";
}

std::optional<BatchState> parse_batch_state(std::string_view name) {
    for (const auto state : batch_states)
        if (name == name_of(state)) return state;
    return std::nullopt;
}

bool may_follow(BatchState from, BatchState to) {
    return std::any_of(batch_moves.begin(), batch_moves.end(),
                       [&](const BatchMove& move) { return move.from == from && move.to == to; });
}

}  // namespace fleet::payout

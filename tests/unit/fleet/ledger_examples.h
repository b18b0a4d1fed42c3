#pragma once
// The worked examples' common ground: B = 316,687,321 sat, fee 1 %, 313,520,448 sat to share.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "fleet/ledger/reward.h"
#include "fleet/ledger/window.h"

namespace ledger_examples {

using fleet::ledger::Integer;
using fleet::ledger::Weights;
using fleet::ledger::Window;

inline const Integer reward{316'687'321};
inline const Integer distributable{313'520'448};

using Amounts = std::map<std::string, std::uint64_t>;

inline Amounts amounts_of(const std::vector<fleet::ledger::PayoutLine>& lines) {
    Amounts amounts;
    for (const auto& line : lines) amounts[line.account] = static_cast<std::uint64_t>(line.amount);
    return amounts;
}

struct Share {
    std::string account;
    std::uint64_t work = 0;
    std::uint64_t network_work = 1;
};

// The window over shares given newest first.
inline Window window_over(const std::vector<Share>& shares, const Integer& limit) {
    Window window(limit);
    for (const auto& share : shares) {
        const auto factor = fleet::ledger::weight_of_hash(share.network_work).value();
        static_cast<void>(window.add_share(share.account, share.work, factor).value());
    }
    return window;
}

}  // namespace ledger_examples

#pragma once
// An amount paid in equal parts, such as an escrow. Pure; any thread.

#include <vector>

#include "fleet/ledger/integer.h"

namespace fleet::ledger {

inline constexpr std::size_t instalments_max = 10'000;

// They add up to the amount; none is more than one unit above another; the greater ones come first. bad_rule:
// none, or more than instalments_max.
[[nodiscard]] LedgerResult<std::vector<Integer>> instalments_of(const Integer& amount, std::size_t count);

}  // namespace fleet::ledger

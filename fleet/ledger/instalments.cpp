#include "fleet/ledger/instalments.h"

namespace fleet::ledger {

LedgerResult<std::vector<Integer>> instalments_of(const Integer& amount, std::size_t count) {
    if (count == 0 || count > instalments_max) return LedgerError::bad_rule;
    const Integer each = amount / count;
    const auto greater = static_cast<std::size_t>(Integer(amount % count));
    std::vector<Integer> parts(count, each);
    for (std::size_t i = 0; i < greater; ++i) ++parts[i];
    return parts;
}

}  // namespace fleet::ledger

#pragma once
// Who gets what for one block: the rule applied to a reward and a window. Pure; any thread; the same input
// gives the same bytes on any machine, so anyone can compute a run again and compare hashes.

#include <string>
#include <vector>

#include "fleet/ledger/payout_rule.h"
#include "fleet/ledger/reward.h"

namespace fleet::ledger {

struct BlockReward {
    std::string coin;
    std::string block;   // displayed hash
    Integer reward;      // subsidy and fees, base units
    std::string finder;  // the account whose share was the block
};

struct Settlement {
    Integer fee;            // the pool's: by the rule, and under Underfilled::full what nobody was owed
    Integer distributable;  // reward - fee = the sum of the lines
    std::vector<PayoutLine> lines;  // ascending by account, none of weight zero
};

// `weights` is the PPLNS window's (unused by solo). An empty window pays the finder.
[[nodiscard]] LedgerResult<Settlement> settle(const PayoutRule& rule, const BlockReward& block,
                                              const Weights& weights);

// What was computed from and what came out, as text lines to be hashed.
[[nodiscard]] std::string canonical_input(const PayoutRule& rule, const BlockReward& block,
                                          const Weights& weights);
[[nodiscard]] std::string canonical_output(const Settlement& settlement);

}  // namespace fleet::ledger

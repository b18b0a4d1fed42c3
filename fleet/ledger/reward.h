#pragma once
// Sharing an amount by weights, to the last base unit. Pure; any thread; integers only.
// Largest remainder: each account gets floor(R * w / W); the units left over go one each to the largest
// remainders R * w mod W, ties to the lower account (bytewise). So the sum is exact and each account is
// within one unit of its exact part. Not monotone in R (the Alabama paradox): never assume that a greater R
// gives every account at least as much.

#include <string>
#include <vector>

#include "fleet/ledger/integer.h"

namespace fleet::ledger {

inline constexpr unsigned basis_points = 10'000;

struct PayoutLine {
    std::string account;
    Integer weight;
    Integer floor;       // base units
    Integer remainder;   // of amount * weight divided by the denominator
    unsigned extra = 0;  // 1 for those who got a unit that was left over
    Integer amount;      // floor + extra
};

// floor(reward * fee_basis_points / 10,000). Taken before anything is shared.
[[nodiscard]] LedgerResult<Integer> fee_of(const Integer& reward, unsigned fee_basis_points);

// Lines in ascending order of account; amounts add up to `amount`. Accounts of weight zero get a line of
// zero.
[[nodiscard]] LedgerResult<std::vector<PayoutLine>> apportion(const Integer& amount, const Weights& weights);

// As above with a denominator of at least the weights' sum, rounded down: what is not handed out stays with
// the payer.
[[nodiscard]] LedgerResult<std::vector<PayoutLine>> apportion_floor(const Integer& amount,
                                                                    const Weights& weights,
                                                                    const Integer& denominator);

[[nodiscard]] LedgerResult<Integer> sum_of(const Weights& weights);

}  // namespace fleet::ledger

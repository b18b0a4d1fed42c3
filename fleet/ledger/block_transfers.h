#pragma once
// What a block brings into the books: from a payout run to transfers. Pure; any thread. Subsidy and
// transaction fees stay apart, fee overrides and donations are transfers of their own on the user's own
// entitlement; the sums are exact: the reward is booked to the last unit, and each user's parts add up to the
// line of the run.

#include <optional>
#include <string>
#include <vector>

#include "fleet/ledger/transfer.h"

namespace fleet::ledger {

enum class UserRole {
    participant,  // paid by the scheme
    own,          // machines of the farm: income that feeds the waterfall
    consigned     // machines of an owner, who is credited and billed for hosting
};
const char* name_of(UserRole role);
[[nodiscard]] std::optional<UserRole> parse_user_role(std::string_view text);

struct UserTerms {
    UserRole role = UserRole::participant;
    std::string owner = {};                         // of consigned machines
    std::optional<unsigned> fee_basis_points = {};  // none: the rule's
    unsigned donation_basis_points = 0;             // of what is left after the fee
};

struct EarnedLine {
    std::string user;
    Integer amount;  // of the run: after the pool's fee by the rule
    UserTerms terms;
};

struct BlockEarnings {
    std::string asset;      // "BTC"
    std::string source_id;  // chain, hash and generation
    std::int64_t found_at_us = 0;
    Integer reward;            // subsidy and fees
    Integer transaction_fees;  // at most the reward
    Integer fee;               // what the run left to the pool
    unsigned rule_fee_basis_points = 0;
    std::vector<EarnedLine> lines;  // ascending by user; with the fee they add up to the reward
};

// The parts of one line, and of the pool's fee.
struct Components {
    Integer subsidy;
    Integer fees;
};
// Splits the transaction fees over the pool's fee and the lines in proportion to their amounts (largest
// remainder); the rest of each amount is subsidy. First the pool's, then one for each line.
[[nodiscard]] LedgerResult<std::vector<Components>> components_of(const BlockEarnings& block);

// While the block is in the chain and not mature: debit coinbase. no_weight when the lines and the fee are
// not the reward.
[[nodiscard]] LedgerResult<std::vector<Transfer>> immature_transfers(const BlockEarnings& block);

// A user's debt from an earlier life of the same block: paid out, then reorganised away (receivable).
struct Shortfall {
    std::string party;  // "user:NAME" or "owner:NAME"
    Integer amount;
};
// Once it is mature: every immature account of `immature` (transfers of immature_transfers() as booked) moves
// on, the coinbase into `wallet`, donations leave, shortfalls are recovered as far as the amount goes.
[[nodiscard]] LedgerResult<std::vector<Transfer>> mature_transfers(const BlockEarnings& block,
                                                                   const std::vector<Transfer>& immature,
                                                                   const std::string& wallet,
                                                                   std::int64_t mature_at_us,
                                                                   const std::vector<Shortfall>& shortfalls);

}  // namespace fleet::ledger

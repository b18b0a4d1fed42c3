#pragma once
// The daily proof that the books have not drifted. Bookkeeper thread or the command line; one transaction
// with one view. What the database enforces as rows are written is proven again from the rows; any finding
// freezes payouts until somebody lifts the freeze by hand.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/store/database.h"

namespace server::store {

struct LedgerFinding {
    std::string invariant;  // a word: balance_cache, hash_chain, block_rewards
    std::string text;       // what differs, with numbers
};

struct LedgerCheck {
    std::int64_t through_number = 0;      // of the newest transfer in view
    std::string head;                     // hex
    std::vector<LedgerFinding> findings;  // at most findings_max of each kind
};
inline constexpr int findings_max = 20;

// Looks at everything, records the result in ledger_checks and freezes payouts when something differs. The
// names of the checks, in order:
//   debits_equal_credits  sums over all cached balances, by asset
//   balance_cache         each balance against its transfers and pending transfers
//   below_zero            balances of accounts that may not be negative
//   hash_chain            the chain and the heads of all days, from the first transfer on
//   pending               outcomes that do not fit their pending transfer
//   block_rewards         booked coinbase of a block = its coinbase value; reversed blocks have no rest (I9)
//   payout_runs           lines and fee of a run = its reward; one run a block and rule
//   slices                users' work = the slice's work, and positions without gaps
//   closed_periods        the trial balance of each closed month still has its hash
//   waterfall_runs        each posted month, computed again from what is stored, is what was booked
//   buybacks              runs computed again from the revenue they cover; runs, executions and revenue
//   booked
//                         as they say
[[nodiscard]] Stored<LedgerCheck> check_ledger(Database& database);

struct LastLedgerCheck {
    std::int64_t checked_at_s = 0;  // since 1970
    int findings = 0;
};
// Empty: never checked.
[[nodiscard]] Stored<std::optional<LastLedgerCheck>> last_ledger_check(Database& database);

}  // namespace server::store

#pragma once
// The ledger for those outside the store: post transfers, read balances, freeze payouts. Any thread; one
// transaction each. The rules (double entry, closed periods, no account below zero, nothing ever changed) are
// in migration 0006.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fleet/ledger/transfer.h"
#include "server/store/database.h"

namespace server::store {

struct PostOutcome {
    std::size_t posted = 0;  // new ones; the others were there
    std::string refused;     // why nothing was booked; empty: all is in the ledger
};

// All or nothing. The same ids and bodies again are no change; the same id with another body is refused.
[[nodiscard]] Stored<PostOutcome> post_transfers(Database& database, std::int64_t now_us,
                                                 const std::vector<fleet::ledger::Transfer>& transfers);

struct Balance {
    fleet::ledger::AccountKey account;
    std::string account_class;
    fleet::ledger::Integer debits;
    fleet::ledger::Integer credits;
    fleet::ledger::Integer pending_debits;
    fleet::ledger::Integer pending_credits;
};
// Ordered by asset, purpose, party and detail. Empty filters: all.
[[nodiscard]] Stored<std::vector<Balance>> balances(Database& database, const std::string& asset,
                                                    const std::string& party);

struct Asset {
    std::string code;
    unsigned scale = 0;
    std::string coin;  // empty: no chain of ours
};
[[nodiscard]] Stored<std::vector<Asset>> assets(Database& database);

struct Freeze {
    std::string reason;  // a word: ledger_difference, restored, by_hand
    std::string detail;
    std::string since;  // UTC, ISO 8601
    std::string by;
};
// One freeze for each reason; true when it is new.
[[nodiscard]] Stored<bool> freeze_payouts(Database& database, const std::string& reason,
                                          const std::string& detail, const std::string& by);
// How many were lifted.
[[nodiscard]] Stored<std::size_t> thaw_payouts(Database& database, const std::string& reason,
                                               const std::string& by, const std::string& why);
[[nodiscard]] Stored<std::vector<Freeze>> active_freezes(Database& database);

}  // namespace server::store

#pragma once
// Months that open and close. Any thread; one transaction each. A month opens with its first transfer and is
// closed by a person; then its trial balance is fixed and its hash stands in the row for ever.

#include <string>
#include <vector>

#include "fleet/ledger/transfer.h"
#include "server/store/database.h"

namespace server::store {

struct Period {
    std::string period;              // "2026-10"
    std::string state;               // open, closed
    std::string trial_balance_hash;  // hex; empty while open
    std::string closed_by;
    std::string closed_at;  // UTC, ISO 8601
    std::int64_t transfers = 0;
};
// Oldest first.
[[nodiscard]] Stored<std::vector<Period>> periods(Database& database);

struct TrialBalanceLine {
    fleet::ledger::AccountKey account;
    std::string account_class;
    fleet::ledger::Integer debits;  // of the month
    fleet::ledger::Integer credits;
    fleet::ledger::Integer debits_to_date;  // of this and all earlier months
    fleet::ledger::Integer credits_to_date;
};
struct TrialBalance {
    std::string period;
    std::vector<TrialBalanceLine>
        lines;         // by asset, purpose, party, detail; accounts that never moved are left out
    std::string text;  // canonical: what is hashed
    std::string hash;  // hex
};
[[nodiscard]] Stored<TrialBalance> trial_balance(Database& database, const std::string& period);

struct PeriodClosed {
    std::string hash;     // hex
    std::string refused;  // why not; empty: closed
};
// Refused: the month is not over at `now_us`, an older one is open, it is closed already, or the newest
// ledger check has findings or is older than the month's end.
[[nodiscard]] Stored<PeriodClosed> close_period(Database& database, const std::string& period,
                                                const std::string& by, std::int64_t now_us);

}  // namespace server::store

#pragma once
// Revenue of the other business lines. Any thread; one transaction each. An amount is booked once for its
// reference: bank or receivable to revenue, with the line as the account's detail.

#include <cstdint>
#include <string>
#include <vector>

#include "fleet/ledger/transfer.h"
#include "server/store/database.h"

namespace server::store {

// buyback: counts towards the quarterly buyback; apart: booked, does not count; closed: takes no revenue.
struct BusinessLine {
    std::string line;
    std::string title;
    std::string terms;  // that hold at the time asked for
    std::int64_t valid_from_us = 0;
    std::string set_by;
};
[[nodiscard]] Stored<std::vector<BusinessLine>> business_lines(Database& database, std::int64_t at_us);

struct SetBusinessLine {
    std::string line;
    std::string title;  // of a new line; empty: the line is there
    std::string terms;  // buyback, apart, closed
    std::int64_t valid_from_us = 0;
    std::string by;
};
// Empty, or why not: no such line, or terms from that instant on stand already.
[[nodiscard]] Stored<std::string> set_business_line(Database& database, const SetBusinessLine& line);

struct Revenue {
    std::string reference;  // an invoice or a bank's number: printable, without blanks, at most 120 letters
    std::string line;
    std::string asset;              // the currency
    fleet::ledger::Integer amount;  // base units
    std::int64_t event_at_us = 0;
    std::string party;  // "owner:NAME" who owes it; empty: it came into the bank
    std::string bank;   // the bank account's name; empty with a party
    std::string memo;
    std::string by;
};
struct RevenueOutcome {
    bool changed = false;
    std::string refused;  // why not; empty and not changed: it stood there just so
};
[[nodiscard]] Stored<RevenueOutcome> add_revenue(Database& database, const Revenue& revenue,
                                                 std::int64_t now_us);
// Books the mirror at now_us. A buyback that counted it stays; the next one counts less.
[[nodiscard]] Stored<RevenueOutcome> reverse_revenue(Database& database, const std::string& reference,
                                                     const std::string& by, const std::string& why,
                                                     std::int64_t now_us);

struct RevenueFilter {
    std::string line;   // empty: all
    std::string asset;  // the same
    std::int64_t from_us = 0;
    std::int64_t until_us = 0;  // 0: no end; else not included
    std::size_t most = 1000;
};
struct ListedRevenue {
    Revenue revenue;
    std::string reversed_by;  // empty: it stands
    std::string reversed_why;
};
// Newest event first.
[[nodiscard]] Stored<std::vector<ListedRevenue>> list_revenue(Database& database,
                                                              const RevenueFilter& filter);

// The transfer that books it; the daily check compares.
[[nodiscard]] fleet::ledger::Transfer transfer_of(const Revenue& revenue);

}  // namespace server::store

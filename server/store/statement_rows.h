#pragma once
// What statements and journals are written from, read in pages: memory is bounded whatever the number of
// rows. Any thread; one transaction with one view for all that a reading gives, so balances and rows belong
// together however often they are gone through.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "fleet/statement/journal.h"
#include "fleet/statement/row.h"
#include "server/store/database.h"

namespace server::store {

inline constexpr std::size_t statement_page_rows = 5000;

// Either whole months, as booked, or a span of event times.
struct Span {
    std::string first_period;  // "2026-01"; empty: from_us and to_us count
    std::string last_period;
    std::int64_t from_us = 0;
    std::int64_t to_us = 0;  // exclusive
};

struct StatementQuery {
    std::string party;  // "user:alice", "holder:NAME", "owner:NAME"
    Span span;
    std::string currency;  // that amounts are valued in; empty: none
};

struct StatementHead {
    std::string party;
    std::int64_t party_id = 0;
    std::int64_t from_us = 0;  // of the span, also when it is made of months
    std::int64_t to_us = 0;
    bool closed = false;          // all its months are closed
    unsigned currency_scale = 2;  // of the query's currency
    struct Asset {
        unsigned scale = 0;
        fleet::statement::Signed opening = 0;  // base units; what is owed to the party before the span
    };
    std::map<std::string, Asset> assets;
};

// A row is a transfer between an account of the party and one that is not: what moves between the party's
// own accounts (mature, recovered) changes nothing for it.
class StatementReading {
  public:
    virtual ~StatementReading() = default;
    [[nodiscard]] virtual const StatementHead& head() const = 0;
    // In the order of booking. May be called again.
    virtual void each(const std::function<void(const fleet::statement::StatementRow&)>& use) = 0;
    // As each(), for what was booked before the span.
    virtual void each_before(const std::function<void(const fleet::statement::StatementRow&)>& use) = 0;
};
// Gives why not, or nothing: the books do not know the party or the currency. Exceptions of `use` pass.
[[nodiscard]] Stored<std::string> read_statement(Database& database, const StatementQuery& query,
                                                 const std::function<void(StatementReading&)>& use);

class JournalReading {
  public:
    virtual ~JournalReading() = default;
    // Of all transfers that each() gives.
    [[nodiscard]] virtual const std::vector<fleet::ledger::AccountKey>& accounts() const = 0;
    [[nodiscard]] virtual const std::map<std::string, unsigned>& scales() const = 0;
    [[nodiscard]] virtual std::int64_t first_booked_us() const = 0;
    [[nodiscard]] virtual bool closed() const = 0;
    virtual void each(const std::function<void(const fleet::statement::JournalTransfer&)>& use) = 0;
};
// All transfers of the months up to `last_period`; empty: all there are.
[[nodiscard]] Stored<void> read_journal(Database& database, const std::string& last_period,
                                        const std::function<void(JournalReading&)>& use);

}  // namespace server::store

#pragma once
// Coins bought with the reserve. Any thread; one transaction each. The reserve is released as far as it
// reaches and no further, the bank pays, the coin comes into a wallet; both sides of the exchange stand in
// `conversion`.

#include <cstdint>
#include <string>
#include <vector>

#include "fleet/ledger/conversion.h"
#include "server/store/database.h"

namespace server::store {

struct BuybackExecution {
    std::string reference;  // the venue's order or trade: printable, without blanks, at most 120 letters
    std::string asset;      // the currency that was spent
    std::string coin;       // what was bought
    fleet::ledger::Integer quantity;  // of the coin
    fleet::ledger::Integer paid;      // of the currency, without the fee
    fleet::ledger::Integer fee;
    fleet::ledger::Price price;  // of one whole coin
    std::string venue;
    std::string bank;    // the bank account that paid
    std::string wallet;  // where the coin is
    std::int64_t event_at_us = 0;
    std::string by;
};
struct ExecutionOutcome {
    bool changed = false;
    std::string refused;  // why not; empty and not changed: it stood there just so
};
// Refused: more than the reserve holds, quantity times price is not what was paid, the reference stands with
// another content.
[[nodiscard]] Stored<ExecutionOutcome> execute_buyback(Database& database, const BuybackExecution& execution,
                                                       std::int64_t now_us);
[[nodiscard]] Stored<ExecutionOutcome> reverse_execution(Database& database, const std::string& reference,
                                                         const std::string& by, const std::string& why,
                                                         std::int64_t now_us);

struct ListedExecution {
    BuybackExecution execution;
    std::string reversed_by;  // empty: it stands
    std::string reversed_why;
};
// Newest event first.
[[nodiscard]] Stored<std::vector<ListedExecution>> list_executions(Database& database);

}  // namespace server::store

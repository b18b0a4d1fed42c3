#pragma once
// The reinvestment and the foundation fund: what they hold, what they may be spent on, what was spent. Any
// thread; one transaction each. A fund is an equity account that the waterfall fills and spending empties; it
// never falls below zero, nor does a budget.

#include <cstdint>
#include <string>
#include <vector>

#include "fleet/ledger/integer.h"
#include "server/store/database.h"

namespace server::store {

struct FundBudget {
    std::string asset;
    std::string fund;  // reinvest, foundation
    std::string name;
    fleet::ledger::Integer amount;  // base units; the newest of a name counts
    std::string by;
};
// Empty, or why not: the books do not know the asset.
[[nodiscard]] Stored<std::string> set_budget(Database& database, const FundBudget& budget);

struct FundSpending {
    std::string asset;
    std::string fund;
    std::string budget;
    fleet::ledger::Integer amount;
    bool machines = false;  // bought machines, which stay in the books; else the money is gone
    std::string wallet;     // it was paid from
    std::string reference;  // an invoice or a txid; once for each fund
    std::string by;
};
// Empty, or why not: more than the budget or the fund allows, or the reference stands with another content.
// The same again changes nothing.
[[nodiscard]] Stored<std::string> spend_fund(Database& database, const FundSpending& spending,
                                             std::int64_t now_us);

struct BudgetStatus {
    std::string name;
    fleet::ledger::Integer amount;
    fleet::ledger::Integer spent;
};
struct FundStatus {
    std::string asset;
    std::string fund;
    fleet::ledger::Integer balance;
    std::vector<BudgetStatus> budgets;  // by name
};
// Funds that hold something or have a budget, by asset and name.
[[nodiscard]] Stored<std::vector<FundStatus>> funds(Database& database);

}  // namespace server::store

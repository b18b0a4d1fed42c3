#include "server/store/funds.h"

#include "server/store/ledger_posting.h"
#include "server/store/numbers.h"

namespace server::store {

namespace {

using fleet::ledger::AccountKey;
using fleet::ledger::Integer;
using fleet::ledger::Transfer;

template <typename Work>
Stored<std::string> refusing(Database& database, Work work) {
    try {
        return transact(database, work);
    } catch (const std::exception& failure) {
        auto refusal = ledger_refusal_in(failure);
        if (!refusal) throw;
        return std::move(*refusal);
    }
}

AccountKey fund_account(const FundSpending& spending) {
    return {spending.asset, spending.fund + "_fund", "", ""};
}

std::string why_not_spent(pqxx::work& transaction, const FundSpending& spending) {
    const auto budget = transaction.exec_params(
        "select b.amount - (select coalesce(sum(s.amount), 0) from fund_spendings s where s.asset = $1 and "
        "s.fund = $2 and s.budget = $3) from fund_budgets b where b.asset = $1 and b.fund = $2 and b.name = "
        "$3 order by b.id desc limit 1",
        spending.asset, spending.fund, spending.budget);
    if (budget.empty()) return "there is no budget " + spending.budget + ": hashyard fund budget";
    const auto left = budget[0][0].as<std::string>();
    if (left.front() == '-' || Integer(left) < spending.amount)
        return "budget " + spending.budget + " has " + left + " left: raise it with hashyard fund budget";
    const auto there = available_in(transaction, fund_account(spending));
    if (there < spending.amount)
        return "the " + spending.fund + " fund holds " + there.str() + " " + spending.asset + " units";
    return {};
}

// Out of the fund, remembered as spent; then what it was spent on, out of the wallet.
std::vector<Transfer> transfers_of(const FundSpending& spending, std::int64_t id, std::int64_t now_us) {
    const auto source_id = std::to_string(id);
    const AccountKey spent{spending.asset, spending.fund + "_spent", "", ""};
    const auto transfer = [&](const AccountKey& debit, const AccountKey& credit, const std::string& code) {
        return Transfer{fleet::ledger::transfer_id("fund", source_id, code, ""),
                        debit,
                        credit,
                        spending.amount,
                        code,
                        now_us,
                        "fund",
                        source_id,
                        {},
                        spending.reference};
    };
    return {transfer(fund_account(spending), spent, "fund_spent"),
            transfer(spending.machines ? AccountKey{spending.asset, "machines", "", spending.budget} : spent,
                     {spending.asset, "wallet", "", spending.wallet},
                     spending.machines ? "machines_bought" : "fund_paid")};
}

// A row of the same reference: empty text when it says the same.
std::optional<std::string> stands(pqxx::work& transaction, const FundSpending& spending) {
    const auto rows = transaction.exec_params(
        "select (budget, amount, kind, wallet) is not distinct from ($4::text, $5::numeric, $6::text, "
        "$7::text) from fund_spendings where asset = $1 and fund = $2 and reference = $3",
        spending.asset, spending.fund, spending.reference, spending.budget, spending.amount.str(),
        spending.machines ? "machines" : "expense", spending.wallet);
    if (rows.empty()) return std::nullopt;
    return rows[0][0].as<bool>() ? "" : "reference " + spending.reference + " stands with another content";
}

}  // namespace

Stored<std::string> set_budget(Database& database, const FundBudget& budget) {
    return refusing(database, [&](pqxx::work& transaction) -> std::string {
        if (transaction.exec_params("select from assets where code = $1", budget.asset).empty())
            return "the books have no asset " + budget.asset;
        transaction.exec_params(
            "insert into fund_budgets (asset, fund, name, amount, set_by) select $1, $2, $3, $4::numeric, $5 "
            "where $4::numeric is distinct from (select amount from fund_budgets where asset = $1 and fund = "
            "$2 and name = $3 order by id desc limit 1)",
            budget.asset, budget.fund, budget.name, budget.amount.str(), budget.by);
        return {};
    });
}

Stored<std::string> spend_fund(Database& database, const FundSpending& spending, std::int64_t now_us) {
    return refusing(database, [&](pqxx::work& transaction) -> std::string {
        transaction.exec("lock table fund_spendings in share row exclusive mode");
        if (auto same = stands(transaction, spending)) return *same;
        lock_ledger(transaction);
        if (auto why = why_not_spent(transaction, spending); !why.empty()) return why;
        const auto row = transaction.exec_params1(
            "insert into fund_spendings (asset, fund, budget, amount, kind, wallet, reference, spent_by, "
            "spent_at_us) values ($1, $2, $3, $4::numeric, $5, $6, $7, $8, $9) returning id",
            spending.asset, spending.fund, spending.budget, spending.amount.str(),
            spending.machines ? "machines" : "expense", spending.wallet, spending.reference, spending.by,
            now_us);
        post(transaction, now_us, transfers_of(spending, row[0].as<std::int64_t>(), now_us));
        return {};
    });
}

Stored<std::vector<FundStatus>> funds(Database& database) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<FundStatus> out;
        for (const auto& row : transaction.exec(
                 "with budgets as (select distinct on (asset, fund, name) asset, fund, name, amount from "
                 "fund_budgets order by asset, fund, name, id desc), held as (select a.asset, "
                 "replace(a.purpose, '_fund', '') as fund, b.credits - b.debits as balance from accounts a "
                 "join balances b on b.account = a.id where a.purpose in ('reinvest_fund', "
                 "'foundation_fund')) select coalesce(h.asset, g.asset), coalesce(h.fund, g.fund), "
                 "coalesce(h.balance, 0), g.name, g.amount, (select coalesce(sum(s.amount), 0) from "
                 "fund_spendings s where (s.asset, s.fund, s.budget) = (g.asset, g.fund, g.name)) from held "
                 "h "
                 "full join budgets g on g.asset = h.asset and g.fund = h.fund order by 1, 2, 4")) {
            const auto asset = row[0].as<std::string>();
            const auto fund = row[1].as<std::string>();
            if (out.empty() || out.back().asset != asset || out.back().fund != fund)
                out.push_back({asset, fund, integer_of(row[2]), {}});
            if (!row[3].is_null())
                out.back().budgets.push_back(
                    {row[3].as<std::string>(), integer_of(row[4]), integer_of(row[5])});
        }
        return out;
    });
}

}  // namespace server::store

#include "server/store/buyback_executions.h"

#include "server/store/buyback_rows.h"
#include "server/store/ledger_posting.h"
#include "server/store/numbers.h"

namespace server::store {

namespace {

using fleet::ledger::AccountKey;
using fleet::ledger::Integer;
using fleet::ledger::Transfer;

bool same(const BuybackExecution& a, const BuybackExecution& b) {
    return a.asset == b.asset && a.coin == b.coin && a.quantity == b.quantity && a.paid == b.paid &&
           a.fee == b.fee && a.price == b.price && a.venue == b.venue && a.bank == b.bank &&
           a.wallet == b.wallet && a.event_at_us == b.event_at_us;
}

std::string what_is_wrong(pqxx::work& transaction, const BuybackExecution& execution) {
    const auto scales = transaction.exec_params1(
        "select (select scale from assets where code = $1), (select scale from assets where code = $2)",
        execution.coin, execution.asset);
    if (scales[0].is_null()) return "the ledger has no asset " + execution.coin;
    if (scales[1].is_null()) return "the ledger has no asset " + execution.asset;
    if (!price_explains(execution.paid, execution.quantity, execution.price,
                        {scales[0].as<unsigned>(), scales[1].as<unsigned>()}))
        return "quantity times price is not what was paid; a fee stands apart";
    const auto reserve = available_in(transaction, {execution.asset, "buyback_reserve", "", ""});
    if (execution.paid + execution.fee > reserve)
        return "the reserve holds " + reserve.str() + " of the " +
               Integer(execution.paid + execution.fee).str() + " base units of " + execution.asset;
    return {};
}

ExecutionOutcome execute(pqxx::work& transaction, const BuybackExecution& execution, std::int64_t now_us) {
    lock_ledger(transaction);
    if (const auto there = read_executions(transaction, execution.reference); !there.empty()) {
        if (same(there.front().execution, execution)) return {};
        return {false, "reference " + execution.reference + " stands with another content"};
    }
    if (auto problem = what_is_wrong(transaction, execution); !problem.empty()) return {false, problem};
    transaction.exec_params(
        "insert into buyback_executions (reference, asset, coin, quantity, paid, fee, price_value, "
        "price_scale, venue, bank, wallet, event_at_us, booked_by) values ($1, $2, $3, $4::numeric, "
        "$5::numeric, $6::numeric, $7::numeric, $8, $9, $10, $11, $12, $13)",
        execution.reference, execution.asset, execution.coin, execution.quantity.str(), execution.paid.str(),
        execution.fee.str(), execution.price.value.str(), static_cast<std::int32_t>(execution.price.scale),
        execution.venue, execution.bank, execution.wallet, execution.event_at_us, execution.by);
    post(transaction, now_us, transfers_of(execution));
    return {true, {}};
}

ExecutionOutcome reverse(pqxx::work& transaction, const std::string& reference, const std::string& by,
                         const std::string& why, std::int64_t now_us) {
    lock_ledger(transaction);
    const auto there = read_executions(transaction, reference);
    if (there.empty()) return {false, "no execution is booked under " + reference};
    const auto added = transaction.exec_params(
        "insert into buyback_execution_reversals (reference, why, reversed_by) values ($1, $2, $3) on "
        "conflict do nothing",
        reference, why, by);
    if (added.affected_rows() == 0) return {};
    std::vector<Transfer> reversals;
    for (const auto& transfer : transfers_of(there.front().execution))
        reversals.push_back(fleet::ledger::reversal_of(transfer, now_us, why));
    post(transaction, now_us, reversals);
    return {true, {}};
}

template <typename Work>
Stored<ExecutionOutcome> or_refused(Database& database, Work work) {
    try {
        return transact(database, work);
    } catch (const std::exception& failure) {
        auto refusal = ledger_refusal_in(failure);
        if (!refusal) throw;
        return ExecutionOutcome{false, std::move(*refusal)};
    }
}

}  // namespace

std::vector<Transfer> transfers_of(const BuybackExecution& execution) {
    std::vector<Transfer> out;
    const auto add = [&](const char* code, AccountKey debit, AccountKey credit, const Integer& amount) {
        if (amount == 0) return;
        Transfer transfer;
        transfer.source_kind = "buyback_execution";
        transfer.source_id = execution.reference;
        transfer.code = code;
        transfer.id = fleet::ledger::transfer_id(transfer.source_kind, transfer.source_id, code, "");
        transfer.debit = std::move(debit);
        transfer.credit = std::move(credit);
        transfer.amount = amount;
        transfer.event_at_us = execution.event_at_us;
        out.push_back(std::move(transfer));
    };
    const auto& asset = execution.asset;
    const AccountKey bank{asset, "bank", "", execution.bank};
    add("buyback_release", {asset, "buyback_reserve", "", ""}, {asset, "retained", "", "bought_back"},
        execution.paid + execution.fee);
    add("buyback_paid", {asset, "conversion", "", ""}, bank, execution.paid);
    add("buyback_fee", {asset, "operating", "", "buyback"}, bank, execution.fee);
    add("buyback_bought", {execution.coin, "wallet", "", execution.wallet},
        {execution.coin, "conversion", "", ""}, execution.quantity);
    return out;
}

std::vector<ListedExecution> read_executions(pqxx::work& transaction, const std::string& reference) {
    std::vector<ListedExecution> out;
    for (const auto& row : transaction.exec_params(
             "select e.reference, e.asset, e.coin, e.quantity, e.paid, e.fee, e.price_value, e.price_scale, "
             "e.venue, e.bank, e.wallet, e.event_at_us, e.booked_by, coalesce(v.reversed_by, ''), "
             "coalesce(v.why, '') from buyback_executions e left join buyback_execution_reversals v on "
             "v.reference = e.reference where $1::text in ('', e.reference) order by e.event_at_us desc, "
             "e.reference",
             reference)) {
        BuybackExecution execution;
        execution.reference = row[0].as<std::string>();
        execution.asset = row[1].as<std::string>();
        execution.coin = row[2].as<std::string>();
        execution.quantity = integer_of(row[3]);
        execution.paid = integer_of(row[4]);
        execution.fee = integer_of(row[5]);
        execution.price = {integer_of(row[6]), row[7].as<unsigned>()};
        execution.venue = row[8].as<std::string>();
        execution.bank = row[9].as<std::string>();
        execution.wallet = row[10].as<std::string>();
        execution.event_at_us = row[11].as<std::int64_t>();
        execution.by = row[12].as<std::string>();
        out.push_back({std::move(execution), row[13].as<std::string>(), row[14].as<std::string>()});
    }
    return out;
}

Stored<ExecutionOutcome> execute_buyback(Database& database, const BuybackExecution& execution,
                                         std::int64_t now_us) {
    return or_refused(database,
                      [&](pqxx::work& transaction) { return execute(transaction, execution, now_us); });
}

Stored<ExecutionOutcome> reverse_execution(Database& database, const std::string& reference,
                                           const std::string& by, const std::string& why,
                                           std::int64_t now_us) {
    return or_refused(
        database, [&](pqxx::work& transaction) { return reverse(transaction, reference, by, why, now_us); });
}

Stored<std::vector<ListedExecution>> list_executions(Database& database) {
    return transact(database, [&](pqxx::work& transaction) { return read_executions(transaction, ""); });
}

}  // namespace server::store

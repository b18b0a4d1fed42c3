#include "server/store/buyback_check.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "server/store/buyback_rows.h"
#include "server/store/ledger_posting.h"

namespace server::store {

namespace {

using fleet::ledger::AccountKey;
using fleet::ledger::Transfer;

using Move = std::tuple<AccountKey, AccountKey, std::string, std::string>;
Move move_of(const Transfer& transfer) {
    return {transfer.debit, transfer.credit, transfer.code, transfer.amount.str()};
}

// What of a source stands: booked and not taken back.
std::multiset<Move> standing(pqxx::work& transaction, const Transfer& any) {
    const auto booked = transfers_of_source(transaction, any.source_kind, any.source_id);
    std::set<std::string> reversed;
    for (const auto& transfer : booked) reversed.insert(transfer.reverses);
    std::multiset<Move> moves;
    for (const auto& transfer : booked)
        if (transfer.reverses.empty() && !reversed.contains(transfer.id)) moves.insert(move_of(transfer));
    return moves;
}

bool stands_as(pqxx::work& transaction, const std::vector<Transfer>& transfers, bool booked) {
    if (transfers.empty()) return true;
    std::multiset<Move> wanted;
    if (booked)
        for (const auto& transfer : transfers) wanted.insert(move_of(transfer));
    return standing(transaction, transfers.front()) == wanted;
}

std::string what_differs(pqxx::work& transaction, const BuybackRun& run) {
    const auto again = fleet::ledger::buyback_of(revenue_of_run(transaction, run.run), run.basis_points);
    if (!again) return std::string("cannot be computed again: ") + name_of(again.error());
    const auto input_of = [&](const fleet::ledger::Buyback& buyback) {
        return fleet::ledger::canonical_buyback_input(run.quarter, run.asset, run.basis_points, buyback);
    };
    const auto output = fleet::ledger::canonical_buyback_output(*again);
    if (output != fleet::ledger::canonical_buyback_output(run.buyback))
        return "says " + run.buyback.amount.str() + ", computed again " + again->amount.str();
    if (hash_of_text(input_of(*again)) != run.input_hash || input_of(*again) != input_of(run.buyback))
        return "covers other revenue than it was proposed with";
    if (hash_of_text(output) != run.output_hash) return "has another result than it was proposed with";
    if (!stands_as(transaction, transfers_of(run), run.state == "posted"))
        return "is " + run.state + ", and its transfers say something else";
    return {};
}

constexpr const char* revenue_differs =
    "select 'revenue ' || r.reference || ' is not booked as it says' from revenues r left join transfers t "
    "on t.source_kind = 'revenue' and t.source_id = r.reference and t.code = 'revenue' left join accounts c "
    "on c.id = t.credit left join accounts d on d.id = t.debit left join parties p on p.id = d.party where "
    "(t.amount, t.asset, t.event_at_us, c.purpose, c.detail, d.purpose, coalesce(p.key, ''), d.detail) is "
    "distinct from (r.amount, r.asset, r.event_at_us, 'revenue', r.line, case when r.party = '' then 'bank' "
    "else 'receivable' end, r.party, r.bank) or exists (select from revenue_reversals v where v.reference = "
    "r.reference) <> exists (select from transfers x where x.reverses = t.id) union all select 'transfer ' "
    "|| t.id || ' belongs to no revenue' from transfers t where t.source_kind = 'revenue' and not exists "
    "(select from revenues r where r.reference = t.source_id) union all select 'buyback run ' || run || ' ' "
    "|| case when active then 'holds' else 'let go' end || ' its revenue, and is ' || state from "
    "buyback_covers join buyback_runs using (run) where active = (state in ('reversed', 'withdrawn')) group "
    "by run, state, active union all select 'transfer ' || t.id || ' belongs to no buyback' from transfers t "
    "where t.source_kind = 'buyback' and not exists (select from buyback_runs r where t.source_id = "
    "concat_ws(':', r.quarter, r.asset, r.run)) or t.source_kind = 'buyback_execution' and not exists "
    "(select from buyback_executions e where e.reference = t.source_id)";

}  // namespace

void check_buybacks(pqxx::work& transaction, LedgerCheck& check) {
    int found = 0;
    const auto report = [&](const std::string& text) {
        if (found++ < findings_max) check.findings.push_back({"buybacks", text});
    };
    for (const auto& row : transaction.exec(std::string("select * from (") + revenue_differs + ") f limit " +
                                            std::to_string(findings_max)))
        report(row[0].as<std::string>());
    for (const auto& run : read_buyback_runs(transaction, 0))
        if (const auto difference = what_differs(transaction, run); !difference.empty())
            report("run " + std::to_string(run.run) + " of " + run.quarter + " " + difference);
    for (const auto& [execution, reversed_by, why] : read_executions(transaction, ""))
        if (!stands_as(transaction, transfers_of(execution), reversed_by.empty()))
            report("execution " + execution.reference + " is not booked as it says");
}

}  // namespace server::store

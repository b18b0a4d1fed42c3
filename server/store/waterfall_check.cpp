#include "server/store/waterfall_check.h"

#include <map>

#include "fleet/ledger/calendar.h"
#include "server/store/ledger_posting.h"
#include "server/store/numbers.h"
#include "server/store/waterfall_rows.h"

namespace server::store {

namespace {

using fleet::ledger::Integer;
using fleet::ledger::Transfer;

// What the posted months of an asset came to so far, oldest first.
struct Chain {
    Integer mined;
    Integer taken_back;
    Integer deficit;
};

std::string figures_of(const fleet::ledger::Waterfall& result) {
    auto figures = result;
    figures.lines.clear();
    return canonical_output(figures);
}

// Own coin in the ledger, less what months before took, is what this one says.
bool own_coin_fits(pqxx::work& transaction, const WaterfallRun& run, const Chain& before) {
    const auto through =
        transaction.exec_params1("select through_number from waterfall_runs where id = $1", run.id)[0]
            .as<std::int64_t>();
    const auto end_us = fleet::ledger::parse_month(run.month).value().end_us;
    const auto all = own_coin(transaction, run.asset, end_us, through);
    return all.mined + before.taken_back + run.taken_back == all.taken_back + before.mined + run.mined;
}

bool lines_fit(pqxx::work& transaction, std::int64_t run, const fleet::ledger::Waterfall& result) {
    const auto rows = transaction.exec_params(
        "select substr(p.key, 8), l.units, l.amount from waterfall_lines l join parties p on p.id = l.party "
        "where l.run = $1 order by p.key",
        run);
    if (static_cast<std::size_t>(rows.size()) != result.lines.size()) return false;
    std::size_t i = 0;
    for (const auto& row : rows) {
        const auto& line = result.lines[i++];
        if (row[0].as<std::string>() != line.account || integer_of(row[1]) != line.weight ||
            integer_of(row[2]) != line.amount)
            return false;
    }
    return true;
}

bool costs_count(pqxx::work& transaction, std::int64_t run) {
    return transaction.exec_params("select from waterfall_costs where run = $1 and not active limit 1", run)
        .empty();
}

bool transfers_fit(pqxx::work& transaction, const WaterfallRun& run, const WaterfallDraft& draft) {
    std::map<std::string, const Transfer*> expected;
    const auto wanted = waterfall_transfers(draft.input, draft.result, source_of(run), 0);
    for (const auto& transfer : wanted) expected[transfer.id] = &transfer;
    const auto booked = transfers_of_source(transaction, waterfall_source_kind, source_of(run));
    if (booked.size() != expected.size()) return false;
    for (const auto& transfer : booked) {
        const auto found = expected.find(transfer.id);
        if (found == expected.end() || found->second->amount != transfer.amount ||
            found->second->credit != transfer.credit || found->second->debit != transfer.debit)
            return false;
    }
    return true;
}

std::string wrong_in_posted(pqxx::work& transaction, const WaterfallRun& run, const Chain& before) {
    const auto draft = recompute(transaction, run);
    if (!draft.refused.empty()) return draft.refused;
    if (figures_of(draft.result) != figures_of(run.result)) return "its figures are not what comes out";
    if (run.deficit_brought_forward != before.deficit)
        return "it brings another deficit forward than the month before carried";
    if (!own_coin_fits(transaction, run, before)) return "own coin in the ledger is not what it says";
    if (!lines_fit(transaction, run.id, draft.result)) return "its lines are not what comes out";
    if (!costs_count(transaction, run.id)) return "a bill of it does not count";
    if (!transfers_fit(transaction, run, draft)) return "its transfers are not what comes out";
    return {};
}

std::string wrong_in_reversed(pqxx::work& transaction, const WaterfallRun& run) {
    const auto open = transaction.exec_params(
        "select from transfers t where t.source_kind = $1 and t.source_id = $2 and t.reverses is null and "
        "not exists (select from transfers r where r.reverses = t.id) limit 1",
        waterfall_source_kind, source_of(run));
    return open.empty() ? "" : "it is reversed, but a transfer of it is not";
}

}  // namespace

void check_waterfall(pqxx::work& transaction, std::vector<LedgerFinding>& findings) {
    std::map<std::string, Chain> chains;
    int found = 0;
    for (const auto& run : read_runs(transaction, "")) {
        auto& chain = chains[run.asset];
        std::string wrong;
        if (run.state == "reversed") wrong = wrong_in_reversed(transaction, run);
        if (run.state == "posted") {
            wrong = wrong_in_posted(transaction, run, chain);
            chain.mined += run.mined;
            chain.taken_back += run.taken_back;
            chain.deficit = run.result.deficit_carried_forward;
        }
        if (!wrong.empty() && ++found <= findings_max)
            findings.push_back({"waterfall_runs", run.asset + " " + run.month + ": " + wrong});
    }
}

}  // namespace server::store

#include "server/store/buybacks.h"

#include "server/store/buyback_rows.h"
#include "server/store/ledger_posting.h"
#include "server/store/numbers.h"
#include "stratum/sha256.h"

namespace server::store {

namespace {

using fleet::ledger::Buyback;
using fleet::ledger::Integer;
using fleet::ledger::LineRevenue;
using fleet::ledger::Quarter;

// Into `gathered`: both sides of all transfers of revenue dated before `until_us` that no run covers. A
// reversal follows the terms of what it takes back.
void gather(pqxx::work& transaction, const std::string& asset, std::int64_t until_us) {
    transaction.exec(
        "drop table if exists gathered; create temporary table gathered (transfer uuid, line text, earned "
        "numeric, returned numeric, event_at_us bigint) on commit drop");
    transaction.exec_params(
        "insert into gathered select m.id, m.line, m.earned, m.returned, m.event_at_us from (select t.id, "
        "t.reverses, t.event_at_us, a.detail as line, case when a.id = t.credit then t.amount else 0 end as "
        "earned, case when a.id = t.debit then t.amount else 0 end as returned from accounts a join "
        "transfers t on t.debit = a.id or t.credit = a.id where a.purpose = 'revenue' and a.asset = $1 and "
        "t.event_at_us < $2) m left join transfers o on o.id = m.reverses where line_terms(m.line, "
        "coalesce(o.event_at_us, m.event_at_us)) = 'buyback' and not exists (select from buyback_covers v "
        "where v.transfer = m.id and v.active)",
        asset, until_us);
}

std::vector<LineRevenue> revenue_in(const pqxx::result& rows) {
    std::vector<LineRevenue> out;
    for (const auto& row : rows)
        out.push_back({row[0].as<std::string>(), integer_of(row[1]), integer_of(row[2])});
    return out;
}

unsigned basis_points_at(pqxx::work& transaction, std::int64_t at_us) {
    const auto rows = transaction.exec_params(
        "select basis_points from buyback_rules where valid_from_us <= $1 order by valid_from_us desc limit "
        "1",
        at_us);
    return rows.empty() ? 0 : rows[0][0].as<unsigned>();
}

bool has_run(pqxx::work& transaction, const std::string& quarter, const std::string& asset) {
    return !transaction
                .exec_params(
                    "select from buyback_runs where quarter = $1 and asset = $2 and state not in "
                    "('reversed', 'withdrawn')",
                    quarter, asset)
                .empty();
}

Buyback computed(pqxx::work& transaction, const Quarter& quarter, const std::string& asset, unsigned basis) {
    gather(transaction, asset, quarter.until_us);
    const auto revenue = revenue_in(transaction.exec(
        "select line, sum(earned), sum(returned) from gathered group by line order by line"));
    const auto buyback = fleet::ledger::buyback_of(revenue, basis);
    if (!buyback)
        throw LedgerRefusal(std::string("the buyback cannot be computed: ") + name_of(buyback.error()));
    return *buyback;
}

// Revenue of earlier quarters goes by their own rule, so it must have had its chance.
std::string why_not_yet(pqxx::work& transaction, const Quarter& quarter, const std::string& asset,
                        std::int64_t now_us) {
    if (now_us < quarter.until_us) return quarter.name + " is not over yet";
    if (has_run(transaction, quarter.name, asset))
        return quarter.name + " has a run in " + asset + " already: hashyard buyback list";
    const auto before = fleet::ledger::quarter_before(quarter);
    if (has_run(transaction, before.name, asset)) return {};
    const auto basis = basis_points_at(transaction, before.from_us);
    if (computed(transaction, before, asset, basis).amount != 0) return "propose " + before.name + " first";
    return {};
}

BuybackPreview preview(pqxx::work& transaction, const Quarter& quarter, const std::string& asset,
                       std::int64_t now_us) {
    BuybackPreview out;
    out.refused = why_not_yet(transaction, quarter, asset, now_us);
    out.basis_points = basis_points_at(transaction, quarter.from_us);
    out.buyback = computed(transaction, quarter, asset, out.basis_points);
    const auto counts = transaction.exec_params1(
        "select count(distinct transfer), count(distinct transfer) filter (where event_at_us < $1) from "
        "gathered",
        quarter.from_us);
    out.transfers = counts[0].as<std::size_t>();
    out.late = counts[1].as<std::size_t>();
    if (out.refused.empty() && out.buyback.amount == 0)
        out.refused = "there is nothing to buy back in " + asset + "; the next quarter counts it";
    return out;
}

BuybackOutcome propose(pqxx::work& transaction, const Quarter& quarter, const std::string& asset,
                       const std::string& by, std::int64_t now_us) {
    lock_ledger(transaction);
    const auto found = preview(transaction, quarter, asset, now_us);
    if (!found.refused.empty()) return {0, false, found.refused};
    const auto input =
        fleet::ledger::canonical_buyback_input(quarter.name, asset, found.basis_points, found.buyback);
    const auto output = fleet::ledger::canonical_buyback_output(found.buyback);
    const auto run = transaction
                         .exec_params1(
                             "insert into buyback_runs (quarter, asset, basis_points, amount, input_hash, "
                             "output_hash, proposed_by) values ($1, $2, $3, $4::numeric, decode($5, 'hex'), "
                             "decode($6, 'hex'), $7) returning run",
                             quarter.name, asset, static_cast<std::int32_t>(found.basis_points),
                             found.buyback.amount.str(), hash_of_text(input), hash_of_text(output), by)[0]
                         .as<std::int64_t>();
    for (const auto& line : found.buyback.lines)
        transaction.exec_params(
            "insert into buyback_lines (run, line, earned, returned, amount) values ($1, $2, $3::numeric, "
            "$4::numeric, $5::numeric)",
            run, line.line, line.earned.str(), line.returned.str(), line.amount.str());
    transaction.exec_params(
        "insert into buyback_covers (run, transfer) select distinct $1::bigint, transfer from gathered", run);
    return {run, true, {}};
}

std::optional<BuybackRun> lock_run(pqxx::work& transaction, std::int64_t run) {
    lock_ledger(transaction);
    const auto runs = read_buyback_runs(transaction, run);
    if (run == 0 || runs.empty()) return std::nullopt;
    return runs.front();
}

BuybackOutcome no_such_run(std::int64_t run) {
    return {run, false, "there is no buyback run " + std::to_string(run)};
}

BuybackOutcome approve(pqxx::work& transaction, std::int64_t number, const std::string& by) {
    const auto run = lock_run(transaction, number);
    if (!run) return no_such_run(number);
    if (run->state == "approved" && run->approved_by == by) return {number, false, {}};
    if (run->state != "proposed") return {number, false, "the run is " + run->state};
    transaction.exec_params(
        "update buyback_runs set state = 'approved', approved_by = $2, approved_at = now() "
        "where run = $1",
        number, by);
    return {number, true, {}};
}

BuybackOutcome post_run(pqxx::work& transaction, std::int64_t number, std::int64_t now_us) {
    const auto run = lock_run(transaction, number);
    if (!run) return no_such_run(number);
    if (run->state == "posted") return {number, false, {}};
    if (run->state != "approved")
        return {number, false,
                run->state == "proposed" ? "a second person has to approve it first"
                                         : "the run is " + run->state};
    post(transaction, now_us, transfers_of(*run));
    transaction.exec_params("update buyback_runs set state = 'posted' where run = $1", number);
    return {number, true, {}};
}

BuybackOutcome end_run(pqxx::work& transaction, std::int64_t number, const std::string& by,
                       const std::string& why, std::int64_t now_us) {
    const auto run = lock_run(transaction, number);
    if (!run) return no_such_run(number);
    if (run->state == "reversed" || run->state == "withdrawn") return {number, false, {}};
    const bool posted = run->state == "posted";
    if (posted) {
        std::vector<fleet::ledger::Transfer> reversals;
        for (const auto& transfer : transfers_of(*run))
            reversals.push_back(fleet::ledger::reversal_of(transfer, now_us, why));
        post(transaction, now_us, reversals);
    }
    transaction.exec_params(
        "update buyback_runs set state = $2, ended_by = $3, ended_why = $4 where run = $1", number,
        posted ? "reversed" : "withdrawn", by, why);
    transaction.exec_params("update buyback_covers set active = false where run = $1", number);
    return {number, true, {}};
}

template <typename Work>
Stored<BuybackOutcome> or_refused(Database& database, Work work) {
    try {
        return transact(database, work);
    } catch (const std::exception& failure) {
        auto refusal = ledger_refusal_in(failure);
        if (!refusal) throw;
        if (refusal->find("buyback_runs_two_persons") != std::string::npos)
            refusal = "who proposed a run cannot approve it: a second person has to";
        return BuybackOutcome{0, false, std::move(*refusal)};
    }
}

}  // namespace

std::string hash_of_text(const std::string& text) {
    return stratum::to_hex(stratum::sha256(stratum::view_of(text)).bytes);
}

std::vector<LineRevenue> revenue_of_run(pqxx::work& transaction, std::int64_t run) {
    return revenue_in(transaction.exec_params(
        "select a.detail, sum(case when a.id = t.credit then t.amount else 0 end), sum(case when a.id = "
        "t.debit then t.amount else 0 end) from buyback_covers v join transfers t on t.id = v.transfer join "
        "accounts a on a.id = t.debit or a.id = t.credit where v.run = $1 and a.purpose = 'revenue' group by "
        "a.detail order by a.detail",
        run));
}

std::vector<BuybackRun> read_buyback_runs(pqxx::work& transaction, std::int64_t run) {
    std::vector<BuybackRun> out;
    for (const auto& row : transaction.exec_params(
             "select run, quarter, asset, basis_points, state, amount, encode(input_hash, 'hex'), "
             "encode(output_hash, 'hex'), proposed_by, coalesce(approved_by, ''), coalesce(ended_by, ''), "
             "coalesce(ended_why, '') from buyback_runs where $1::bigint in (0, run) order by run desc",
             run)) {
        BuybackRun found;
        found.run = row[0].as<std::int64_t>();
        found.quarter = row[1].as<std::string>();
        found.asset = row[2].as<std::string>();
        found.basis_points = row[3].as<unsigned>();
        found.state = row[4].as<std::string>();
        found.buyback.amount = integer_of(row[5]);
        found.input_hash = row[6].as<std::string>();
        found.output_hash = row[7].as<std::string>();
        found.proposed_by = row[8].as<std::string>();
        found.approved_by = row[9].as<std::string>();
        found.ended_by = row[10].as<std::string>();
        found.ended_why = row[11].as<std::string>();
        out.push_back(std::move(found));
    }
    for (auto& found : out)
        for (const auto& row : transaction.exec_params(
                 "select line, earned, returned, amount from buyback_lines where run = $1 order by line",
                 found.run)) {
            found.buyback.lines.push_back(
                {row[0].as<std::string>(), integer_of(row[1]), integer_of(row[2]), integer_of(row[3])});
        }
    for (auto& found : out) {
        Integer returned = 0;
        for (const auto& line : found.buyback.lines) {
            found.buyback.total += line.earned;
            returned += line.returned;
        }
        found.buyback.total =
            found.buyback.total > returned ? Integer(found.buyback.total - returned) : Integer(0);
    }
    return out;
}

std::vector<fleet::ledger::Transfer> transfers_of(const BuybackRun& run) {
    const auto quarter = fleet::ledger::parse_quarter(run.quarter);
    std::vector<fleet::ledger::Transfer> out;
    for (const auto& line : run.buyback.lines) {
        if (line.amount == 0) continue;
        fleet::ledger::Transfer transfer;
        transfer.source_kind = "buyback";
        transfer.source_id = run.quarter + ":" + run.asset + ":" + std::to_string(run.run);
        transfer.code = "buyback";
        transfer.id = fleet::ledger::transfer_id("buyback", transfer.source_id, transfer.code, line.line);
        transfer.debit = {run.asset, "retained", "", line.line};
        transfer.credit = {run.asset, "buyback_reserve", "", ""};
        transfer.amount = line.amount;
        transfer.event_at_us = quarter ? quarter->until_us - 1 : 0;
        out.push_back(std::move(transfer));
    }
    return out;
}

Stored<std::vector<BuybackRule>> buyback_rules(Database& database) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<BuybackRule> out;
        for (const auto& row :
             transaction.exec("select valid_from_us, basis_points, set_by from buyback_rules "
                              "order by valid_from_us desc"))
            out.push_back({row[0].as<std::int64_t>(), row[1].as<unsigned>(), row[2].as<std::string>()});
        return out;
    });
}

Stored<std::string> set_buyback_rule(Database& database, const BuybackRule& rule) {
    return transact(database, [&](pqxx::work& transaction) -> std::string {
        const auto added = transaction.exec_params(
            "insert into buyback_rules (valid_from_us, basis_points, set_by) values ($1, $2, $3) on conflict "
            "do nothing",
            rule.valid_from_us, static_cast<std::int32_t>(rule.basis_points), rule.set_by);
        return added.affected_rows() == 0 ? "a rule from that quarter on is set already" : "";
    });
}

Stored<BuybackPreview> preview_buyback(Database& database, const Quarter& quarter, const std::string& asset,
                                       std::int64_t now_us) {
    return transact(database,
                    [&](pqxx::work& transaction) { return preview(transaction, quarter, asset, now_us); });
}

Stored<BuybackOutcome> propose_buyback(Database& database, const Quarter& quarter, const std::string& asset,
                                       const std::string& by, std::int64_t now_us) {
    return or_refused(
        database, [&](pqxx::work& transaction) { return propose(transaction, quarter, asset, by, now_us); });
}

Stored<BuybackOutcome> approve_buyback(Database& database, std::int64_t run, const std::string& by) {
    return or_refused(database, [&](pqxx::work& transaction) { return approve(transaction, run, by); });
}

Stored<BuybackOutcome> post_buyback(Database& database, std::int64_t run, std::int64_t now_us) {
    return or_refused(database, [&](pqxx::work& transaction) { return post_run(transaction, run, now_us); });
}

Stored<BuybackOutcome> end_buyback(Database& database, std::int64_t run, const std::string& by,
                                   const std::string& why, std::int64_t now_us) {
    return or_refused(database,
                      [&](pqxx::work& transaction) { return end_run(transaction, run, by, why, now_us); });
}

Stored<std::vector<BuybackRun>> list_buybacks(Database& database) {
    return transact(database, [&](pqxx::work& transaction) { return read_buyback_runs(transaction, 0); });
}

}  // namespace server::store

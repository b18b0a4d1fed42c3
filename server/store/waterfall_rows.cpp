#include "server/store/waterfall_rows.h"

#include <tuple>

#include "server/store/numbers.h"

namespace server::store {

namespace {

constexpr const char* runs_sql =
    "select r.id, r.asset, r.month, r.state, s.record_at_us, r.holders_basis_points, "
    "r.reinvest_basis_points, r.foundation_basis_points, r.mined, r.taken_back, r.electricity, r.operating, "
    "r.deficit_brought_forward, r.net, r.deficit_carried_forward, r.holders, r.reinvest, r.foundation, "
    "encode(r.input_hash, 'hex'), encode(r.output_hash, 'hex'), r.proposed_by, coalesce(r.approved_by, ''), "
    "coalesce(r.posted_by, ''), coalesce(r.ended_by, ''), coalesce(r.ended_why, '') from waterfall_runs r "
    "join holder_snapshots s on s.id = r.snapshot ";

WaterfallRun run_in(const pqxx::row& row) {
    WaterfallRun run;
    run.id = row[0].as<std::int64_t>();
    run.asset = row[1].as<std::string>();
    run.month = row[2].as<std::string>();
    run.state = row[3].as<std::string>();
    run.record_at_us = row[4].as<std::int64_t>();
    run.rule = {row[5].as<unsigned>(), row[6].as<unsigned>(), row[7].as<unsigned>()};
    run.mined = integer_of(row[8]);
    run.taken_back = integer_of(row[9]);
    run.result.electricity = integer_of(row[10]);
    run.result.operating = integer_of(row[11]);
    run.deficit_brought_forward = integer_of(row[12]);
    run.result.net = integer_of(row[13]);
    run.result.deficit_carried_forward = integer_of(row[14]);
    run.result.holders = integer_of(row[15]);
    run.result.reinvest = integer_of(row[16]);
    run.result.foundation = integer_of(row[17]);
    run.input_hash = row[18].as<std::string>();
    run.output_hash = row[19].as<std::string>();
    run.proposed_by = row[20].as<std::string>();
    run.approved_by = row[21].as<std::string>();
    run.posted_by = row[22].as<std::string>();
    run.ended_by = row[23].as<std::string>();
    run.ended_why = row[24].as<std::string>();
    return run;
}

std::int64_t insert_run(pqxx::work& transaction, const WaterfallDraft& draft, std::int64_t snapshot,
                        const std::string& by, std::int64_t now_us) {
    const auto& input = draft.input;
    const auto& result = draft.result;
    return transaction
        .exec_params1(
            "insert into waterfall_runs (asset, month, previous, snapshot, through_number, "
            "holders_basis_points, reinvest_basis_points, foundation_basis_points, mined, taken_back, "
            "electricity, operating, deficit_brought_forward, net, deficit_carried_forward, holders, "
            "reinvest, foundation, input_hash, output_hash, proposed_by, proposed_at_us) values ($1, $2, "
            "nullif($3::bigint, 0), $4, $5, $6, $7, $8, $9::numeric, $10::numeric, $11::numeric, "
            "$12::numeric, $13::numeric, $14::numeric, $15::numeric, $16::numeric, $17::numeric, "
            "$18::numeric, decode($19, 'hex'), decode($20, 'hex'), $21, $22) returning id",
            input.asset, input.month, draft.previous, snapshot, draft.through_number,
            static_cast<std::int32_t>(input.rule.holders_basis_points),
            static_cast<std::int32_t>(input.rule.reinvest_basis_points),
            static_cast<std::int32_t>(input.rule.foundation_basis_points), input.mined.str(),
            input.taken_back.str(), result.electricity.str(), result.operating.str(),
            input.deficit_brought_forward.str(), result.net.str(), result.deficit_carried_forward.str(),
            result.holders.str(), result.reinvest.str(), result.foundation.str(), draft.input_hash,
            draft.output_hash, by, now_us)[0]
        .as<std::int64_t>();
}

void insert_cost(pqxx::work& transaction, std::int64_t run, const BorneBill& borne) {
    if (!borne.price) {
        transaction.exec_params(
            "insert into waterfall_costs (run, bill, amount) values ($1, $2, $3::numeric)", run, borne.bill,
            borne.amount.str());
        return;
    }
    const auto& price = *borne.price;
    transaction.exec_params(
        "insert into waterfall_costs (run, bill, amount, price_value, price_scale, price_venue, "
        "price_minute_us, price_source, price_hash) values ($1, $2, $3::numeric, $4::numeric, $5, $6, $7, "
        "$8, decode($9, 'hex'))",
        run, borne.bill, borne.amount.str(), price.price.value.str(),
        static_cast<std::int32_t>(price.price.scale), price.venue, price.minute_us, price.source,
        price.raw_hash);
}

}  // namespace

void store_draft(pqxx::work& transaction, const WaterfallDraft& draft, std::int64_t snapshot,
                 const std::string& by, std::int64_t now_us) {
    const auto run = insert_run(transaction, draft, snapshot, by, now_us);
    for (const auto& borne : draft.bills) insert_cost(transaction, run, borne);
    transaction.exec(
        "drop table if exists staged_lines; create temporary table staged_lines (key text, units numeric, "
        "amount numeric) on commit drop");
    auto stream = copy_into(transaction, "staged_lines", {"key", "units", "amount"});
    for (const auto& line : draft.result.lines)
        stream << std::make_tuple("holder:" + line.account, line.weight.str(), line.amount.str());
    stream.complete();
    transaction.exec_params(
        "insert into waterfall_lines (run, party, units, amount) select $1, p.id, s.units, s.amount from "
        "staged_lines s join parties p on p.key = s.key",
        run);
}

std::optional<WaterfallRun> find_run(pqxx::work& transaction, const std::string& asset,
                                     const std::string& month) {
    const auto rows = transaction.exec_params(
        std::string(runs_sql) + "where r.asset = $1 and r.month = $2 order by r.id desc limit 1", asset,
        month);
    if (rows.empty()) return std::nullopt;
    return run_in(rows[0]);
}

std::vector<WaterfallRun> read_runs(pqxx::work& transaction, const std::string& asset) {
    std::vector<WaterfallRun> out;
    for (const auto& row : transaction.exec_params(
             std::string(runs_sql) + "where $1 = '' or r.asset = $1 order by r.asset, r.month, r.id", asset))
        out.push_back(run_in(row));
    return out;
}

WaterfallRun run_of(const WaterfallDraft& draft) {
    WaterfallRun run;
    run.asset = draft.input.asset;
    run.month = draft.input.month;
    run.state = "preview";
    run.record_at_us = draft.input.record_at_us;
    run.rule = draft.input.rule;
    run.mined = draft.input.mined;
    run.taken_back = draft.input.taken_back;
    run.deficit_brought_forward = draft.input.deficit_brought_forward;
    run.result = draft.result;
    run.costs = draft.input.costs;
    run.input_hash = draft.input_hash;
    run.output_hash = draft.output_hash;
    return run;
}

std::string source_of(const WaterfallRun& run) {
    return run.asset + ":" + run.month + ":" + std::to_string(run.id);
}

}  // namespace server::store

// A month's input from the books as they stand.

#include "fleet/ledger/bill.h"
#include "fleet/ledger/calendar.h"
#include "fleet/ledger/price_file.h"
#include "server/store/holder_snapshot.h"
#include "server/store/numbers.h"
#include "server/store/price_lookup.h"
#include "server/store/split_rows.h"
#include "server/store/waterfall_rows.h"
#include "stratum/sha256.h"

namespace server::store {

namespace {

using fleet::ledger::Bill;
using fleet::ledger::day_us;
using fleet::ledger::Integer;
using fleet::ledger::MonthCost;

struct Before {
    std::int64_t run = 0;
    std::string month;  // empty: no month is posted
    Integer deficit;
};

Before newest_posted(pqxx::work& transaction, const std::string& asset) {
    const auto rows = transaction.exec_params(
        "select id, month, deficit_carried_forward from waterfall_runs where asset = $1 and state = 'posted' "
        "order by month desc limit 1",
        asset);
    if (rows.empty()) return {};
    return {rows[0][0].as<std::int64_t>(), rows[0][1].as<std::string>(), integer_of(rows[0][2])};
}

// The month that has to come next: after the posted ones, or the first with own coin or a bill.
std::string due_month(pqxx::work& transaction, const std::string& asset, const Before& before) {
    if (!before.month.empty())
        return fleet::ledger::month_at(fleet::ledger::parse_month(before.month).value().end_us).text;
    const auto first = transaction.exec_params1(
        "select coalesce(least((select min(t.event_at_us) from transfers t join accounts a on a.id = "
        "t.credit where a.asset = $1 and a.purpose = 'mining'), (select (extract(epoch from "
        "min(accrual_day)) * 1000000)::bigint from bills where asset = $1 and active)), -1)",
        asset);
    const auto at_us = first[0].as<std::int64_t>();
    return at_us < 0 ? "" : fleet::ledger::month_at(at_us).text;
}

std::string why_not(pqxx::work& transaction, const std::string& asset, const fleet::ledger::Month& month,
                    const Before& before, std::int64_t now_us) {
    const auto assets =
        transaction.exec_params("select from assets where code = $1 and kind = 'coin'", asset);
    if (assets.empty()) return asset + " is no coin of the books";
    if (now_us < month.end_us) return month.text + " is not over yet";
    const auto due = due_month(transaction, asset, before);
    if (due.empty())
        return "no " + asset + " was mined by own machines and no bill is entered: nothing to do";
    if (month.text < due)
        return before.month.empty()
                   ? "nothing happened in " + month.text + "; the first month is " + due
                   : month.text + " is posted, or lies before what is; the next month is " + due;
    if (month.text > due) return due + " comes first";
    return {};
}

std::string line_of(const Bill& bill, std::int64_t id, const std::optional<FoundPrice>& price) {
    std::string text = std::to_string(id) + " " + bill.amount.str() + " " + bill.currency + " " +
                       bill.accrual_day + " " + bill.supplier + " | " + bill.invoice;
    if (price)
        text += " | " + price->price.value.str() + "/10^" + std::to_string(price->price.scale) + " " +
                price->venue + " " + std::to_string(price->minute_us) + " " + price->raw_hash;
    return text;
}

// Fills costs and bills of the draft; gives what is missing.
std::string read_bills(pqxx::work& transaction, const fleet::ledger::Month& month, WaterfallDraft& draft) {
    const auto& asset = draft.input.asset;
    for (const auto& row : transaction.exec_params(
             "select b.id, substr(p.key, 10), b.invoice, b.kind, b.currency, b.amount, b.accrual_day::text, "
             "a.scale, c.scale from bills b join parties p on p.id = b.supplier join assets a on a.code = "
             "b.asset join assets c on c.code = b.currency where b.asset = $1 and b.active and b.accrual_day "
             "< (to_timestamp($2::bigint / 1000000) at time zone 'UTC')::date and not exists (select from "
             "waterfall_costs w where w.bill = b.id and w.active) order by b.accrual_day, b.id",
             asset, month.end_us)) {
        Bill bill;
        bill.supplier = row[1].as<std::string>();
        bill.invoice = row[2].as<std::string>();
        bill.currency = row[4].as<std::string>();
        bill.amount = integer_of(row[5]);
        bill.accrual_day = row[6].as<std::string>();
        const auto kind = fleet::ledger::parse_cost_kind(row[3].as<std::string>()).value();
        BorneBill borne{row[0].as<std::int64_t>(), bill.amount, {}};
        if (bill.currency != asset) {
            // The newest price of the accrual day.
            const auto start_us = fleet::ledger::parse_day(bill.accrual_day).value();
            borne.price = find_price(
                transaction,
                {asset, bill.currency, start_us + day_us - 1, {}, day_us - fleet::ledger::minute_us});
            if (!borne.price)
                return "bill " + std::to_string(borne.bill) + " (" + bill.supplier + " " + bill.invoice +
                       ") accrued on " + bill.accrual_day + " and no price of " + asset + " in " +
                       bill.currency +
                       " is stored for that day: hashyard price import, or reverse the bill "
                       "and enter it with a day that has a price";
            const auto amount = fleet::ledger::cost_in_asset(bill.amount, borne.price->price,
                                                             {row[7].as<unsigned>(), row[8].as<unsigned>()});
            if (!amount) return "bill " + std::to_string(borne.bill) + ": " + name_of(amount.error());
            borne.amount = *amount;
        }
        draft.input.costs.push_back(
            {kind, borne.amount, borne.price.has_value(), line_of(bill, borne.bill, borne.price)});
        draft.bills.push_back(std::move(borne));
    }
    return {};
}

void take_own_coin(pqxx::work& transaction, const fleet::ledger::Month& month, WaterfallDraft& draft) {
    const auto all = own_coin(transaction, draft.input.asset, month.end_us, draft.through_number);
    const auto taken = transaction.exec_params1(
        "select coalesce(sum(mined), 0), coalesce(sum(taken_back), 0) from waterfall_runs where asset = $1 "
        "and state = 'posted'",
        draft.input.asset);
    const Integer more = all.mined + integer_of(taken[1]);
    const Integer less = all.taken_back + integer_of(taken[0]);
    draft.input.mined = more >= less ? Integer(more - less) : Integer(0);
    draft.input.taken_back = more >= less ? Integer(0) : Integer(less - more);
}

std::string sha256_hex(const std::string& text) {
    return stratum::to_hex(stratum::sha256(stratum::view_of(text)).bytes);
}

std::string why_not_computed(const fleet::ledger::LedgerError& error, const std::string& month) {
    if (error == fleet::ledger::LedgerError::no_weight)
        return "nobody holds units at the end of " + month +
               ": hashyard holder add, or hashyard split set with nothing for holders";
    return name_of(error);
}

// Computes and hashes.
void finish(WaterfallDraft& draft) {
    auto result = fleet::ledger::run_waterfall(draft.input);
    if (!result) {
        draft.refused = why_not_computed(result.error(), draft.input.month);
        return;
    }
    draft.result = std::move(*result);
    draft.input_hash = sha256_hex(canonical_input(draft.input));
    draft.output_hash = sha256_hex(canonical_output(draft.result));
}

std::vector<fleet::ledger::DatedSplit> rules_in(pqxx::work& transaction) {
    std::vector<fleet::ledger::DatedSplit> rules;
    for (const auto& split : read_splits(transaction)) rules.push_back(split.split);
    return rules;
}

WaterfallDraft refused(std::string why) {
    WaterfallDraft draft;
    draft.refused = std::move(why);
    return draft;
}

}  // namespace

OwnCoin own_coin(pqxx::work& transaction, const std::string& asset, std::int64_t end_us,
                 std::int64_t through_number) {
    const auto sums = transaction.exec_params1(
        "select coalesce((select sum(t.amount) from transfers t join accounts a on a.id = t.credit where "
        "a.asset = $1 and a.purpose = 'mining' and t.event_at_us < $2 and t.number <= $3), 0), "
        "coalesce((select sum(t.amount) from transfers t join accounts a on a.id = t.debit where a.asset = "
        "$1 and a.purpose = 'mining' and t.event_at_us < $2 and t.number <= $3), 0)",
        asset, end_us, through_number);
    const Integer in = integer_of(sums[0]);
    const Integer out = integer_of(sums[1]);
    return {in >= out ? Integer(in - out) : Integer(0), in >= out ? Integer(0) : Integer(out - in)};
}

WaterfallDraft draft_waterfall(pqxx::work& transaction, const std::string& asset, const std::string& month,
                               std::int64_t now_us) {
    const auto span = fleet::ledger::parse_month(month);
    if (!span) return refused("a month is written as 2026-10");
    const auto before = newest_posted(transaction, asset);
    if (auto why = why_not(transaction, asset, *span, before, now_us); !why.empty())
        return refused(std::move(why));
    const auto rule = fleet::ledger::split_of_month(rules_in(transaction), month);
    if (!rule) return refused("no split is set for " + month + ": hashyard split set");
    WaterfallDraft draft;
    draft.previous = before.run;
    draft.through_number = transaction.exec1("select last_number from ledger_head")[0].as<std::int64_t>();
    draft.input.asset = asset;
    draft.input.month = month;
    draft.input.record_at_us = span->end_us;
    draft.input.deficit_brought_forward = before.deficit;
    draft.input.rule = *rule;
    take_own_coin(transaction, *span, draft);
    draft.refused = read_bills(transaction, *span, draft);
    if (!draft.refused.empty()) return draft;
    const auto on_record = find_snapshot(transaction, span->end_us);
    draft.input.units =
        on_record ? units_in_snapshot(transaction, on_record->id) : units_at(transaction, span->end_us);
    finish(draft);
    return draft;
}

WaterfallDraft recompute(pqxx::work& transaction, const WaterfallRun& run) {
    WaterfallDraft draft;
    draft.input.asset = run.asset;
    draft.input.month = run.month;
    draft.input.record_at_us = run.record_at_us;
    draft.input.mined = run.mined;
    draft.input.taken_back = run.taken_back;
    draft.input.deficit_brought_forward = run.deficit_brought_forward;
    draft.input.rule = run.rule;
    for (const auto& row : transaction.exec_params(
             "select b.id, substr(p.key, 10), b.invoice, b.kind, b.currency, b.amount, b.accrual_day::text, "
             "w.amount, w.price_value, w.price_scale, w.price_venue, w.price_minute_us, encode(w.price_hash, "
             "'hex') from waterfall_costs w join bills b on b.id = w.bill join parties p on p.id = "
             "b.supplier where w.run = $1 order by b.accrual_day, b.id",
             run.id)) {
        Bill bill;
        bill.supplier = row[1].as<std::string>();
        bill.invoice = row[2].as<std::string>();
        bill.currency = row[4].as<std::string>();
        bill.amount = integer_of(row[5]);
        bill.accrual_day = row[6].as<std::string>();
        BorneBill borne{row[0].as<std::int64_t>(), integer_of(row[7]), {}};
        if (!row[8].is_null()) {
            FoundPrice price;
            price.price = {integer_of(row[8]), row[9].as<unsigned>()};
            price.venue = row[10].as<std::string>();
            price.minute_us = row[11].as<std::int64_t>();
            price.raw_hash = row[12].as<std::string>();
            borne.price = std::move(price);
        }
        draft.input.costs.push_back({fleet::ledger::parse_cost_kind(row[3].as<std::string>()).value(),
                                     borne.amount, borne.price.has_value(),
                                     line_of(bill, borne.bill, borne.price)});
        draft.bills.push_back(std::move(borne));
    }
    const auto snapshot = find_snapshot(transaction, run.record_at_us);
    draft.input.units = units_in_snapshot(transaction, snapshot.value().id);
    finish(draft);
    if (draft.refused.empty() && draft.input_hash != run.input_hash)
        draft.refused = "what it was computed from is not what was proposed";
    if (draft.refused.empty() && draft.output_hash != run.output_hash)
        draft.refused = "it comes out differently from what was proposed";
    return draft;
}

}  // namespace server::store

#include "fleet/statement/our_tables.h"

namespace fleet::statement {

namespace {

Cell time_cell(std::optional<std::int64_t> at_us) { return text_cell(at_us ? iso_time(*at_us) : ""); }

void append_value(Line& line, const StatementRow& row, const Signed& sign) {
    if (!row.fiat) {
        line.insert(line.end(), 5, Cell{});
        return;
    }
    const auto& fiat = *row.fiat;
    line.push_back(text_cell(fiat.currency));
    line.push_back(number_cell(fiat.price));
    line.push_back(text_cell(fiat.source));
    line.push_back(time_cell(fiat.at_us));
    line.push_back(amount_cell(fiat.value * sign, fiat.scale, fiat.currency));
}

Line earnings_line(const StatementRow& row) {
    Line line{text_cell(row.period),
              number_cell(std::to_string(row.account_id)),
              text_cell(row.party),
              time_cell(row.event_at_us),
              time_cell(row.booked_at_us),
              text_cell(row.asset),
              amount_cell(row.amount, 0, row.asset),
              number_cell(decimal_text(row.amount, row.scale)),
              text_cell(name_of(row.component))};
    if (row.block) {
        const auto& block = *row.block;
        line.push_back(text_cell(block.scheme));
        line.push_back(number_cell(std::to_string(block.rule_version)));
        line.push_back(number_cell(std::to_string(block.height)));
        line.push_back(text_cell(block.hash));
        line.push_back(text_cell(block.status));
        line.push_back(number_cell(block.weight));
        line.push_back(number_cell(block.weight_total));
        line.push_back(amount_cell(block.gross, 0, row.asset));
        line.push_back(amount_cell(block.pool_fee, 0, row.asset));
    } else {
        line.insert(line.end(), 7, Cell{});
        line.push_back(amount_cell(row.amount, 0, row.asset));
        line.push_back(amount_cell(0, 0, row.asset));
    }
    line.push_back(amount_cell(row.amount, 0, row.asset));
    append_value(line, row, 1);
    line.push_back(row.block ? number_cell(std::to_string(row.block->run_id)) : Cell{});
    line.push_back(text_cell(row.block ? row.block->run_hash : ""));
    line.push_back(text_cell(row.transfer_id));
    line.push_back(text_cell(row.reverses));
    return line;
}

Line payouts_line(const StatementRow& row) {
    const PayoutPart payout = row.payout.value_or(PayoutPart{});
    Line line{text_cell(row.period),
              text_cell(payout.batch_id),
              number_cell(std::to_string(row.account_id)),
              text_cell(payout.method),
              text_cell(payout.address),
              text_cell(row.asset),
              amount_cell(-row.amount, 0, row.asset),
              amount_cell(payout.network_fee, 0, row.asset),
              text_cell(payout.fee_payer),
              text_cell(payout.txid),
              number_cell(payout.output ? std::to_string(*payout.output) : ""),
              time_cell(payout.broadcast_at_us),
              number_cell(payout.confirmed_height ? std::to_string(*payout.confirmed_height) : ""),
              time_cell(payout.confirmed_at_us),
              text_cell(payout.status)};
    append_value(line, row, -1);
    line.push_back(text_cell(row.transfer_id));
    line.push_back(text_cell(payout.statement_no));
    return line;
}

}  // namespace

TableFormat earnings_format() {
    return {"earnings",
            {"period",       "account_id",   "account_name",   "event_time_utc", "booked_time_utc",
             "asset",        "amount_base",  "amount_decimal", "component",      "scheme",
             "rule_version", "block_height", "block_hash",     "block_status",   "weight",
             "weight_total", "gross_base",   "pool_fee_base",  "net_base",       "fx_currency",
             "fx_price",     "fx_source",    "fx_time_utc",    "fx_value",       "run_id",
             "run_hash",     "transfer_id",  "reverses_id"},
            Rows::earnings,
            0,
            false,
            earnings_line};
}

TableFormat payouts_format() {
    return {"payouts",
            {"period",           "batch_id",
             "account_id",       "method",
             "address",          "asset",
             "amount_base",      "network_fee_base",
             "fee_payer",        "txid",
             "vout_or_logindex", "broadcast_time_utc",
             "confirmed_height", "confirmed_time_utc",
             "status",           "fx_currency",
             "fx_price",         "fx_source",
             "fx_time_utc",      "fx_value",
             "transfer_id",      "statement_no"},
            Rows::payouts,
            0,
            false,
            payouts_line};
}

}  // namespace fleet::statement

#include "fleet/statement/formats.h"

#include "fleet/statement/our_tables.h"

namespace fleet::statement {

namespace {

bool is_received(const StatementRow& row) { return row.amount > 0; }

Signed size_of(const Signed& amount) { return amount < 0 ? Signed(-amount) : amount; }

Cell decimal_cell(const StatementRow& row, const Signed& amount) {
    return amount_cell(amount, row.scale, row.asset);
}

bool is_mined(const StatementRow& row) {
    return is_received(row) && row.component != Component::adjust && row.component != Component::bonus;
}

std::string txid_of(const StatementRow& row) { return row.payout ? row.payout->txid : ""; }

// Koinly's words for what is received; a payout is a transfer between the user's own wallets and has none.
std::string koinly_label(const StatementRow& row) {
    if (is_mined(row)) return "mining";
    return is_received(row) && row.component == Component::bonus ? "reward" : "";
}

std::string spaced_time(std::int64_t at_us) { return time_text(at_us, "Y-M-D h:m:s") + " UTC"; }

Line koinly_simple_line(const StatementRow& row) {
    Line line{text_cell(spaced_time(row.event_at_us)),
              decimal_cell(row, row.amount),
              text_cell(row.asset),
              text_cell(koinly_label(row)),
              text_cell(txid_of(row)),
              text_cell(description_of(row)),
              Cell{},
              Cell{}};
    if (row.fiat) {
        line[6] = amount_cell(size_of(row.fiat->value), row.fiat->scale, row.fiat->currency);
        line[7] = text_cell(row.fiat->currency);
    }
    return line;
}

Line koinly_universal_line(const StatementRow& row) {
    Line line(12);
    line[0] = text_cell(spaced_time(row.event_at_us));
    const std::size_t side = is_received(row) ? 3 : 1;
    line[side] = decimal_cell(row, size_of(row.amount));
    line[side + 1] = text_cell(row.asset);
    if (row.fiat) {
        line[7] = amount_cell(size_of(row.fiat->value), row.fiat->scale, row.fiat->currency);
        line[8] = text_cell(row.fiat->currency);
    }
    line[9] = text_cell(koinly_label(row));
    line[10] = text_cell(description_of(row));
    line[11] = text_cell(txid_of(row));
    return line;
}

Line cointracker_line(const StatementRow& row) {
    Line line(8);
    line[0] = text_cell(time_text(row.event_at_us, "M/D/Y h:m:s"));
    const std::size_t side = is_received(row) ? 1 : 3;
    line[side] = decimal_cell(row, size_of(row.amount));
    line[side + 1] = text_cell(row.asset);
    line[7] = text_cell(is_mined(row) ? "mining" : "");
    return line;
}

Line coinledger_line(const StatementRow& row) {
    Line line(11);
    line[0] = text_cell(time_text(row.event_at_us, "M/D/Y h:m:s"));
    line[1] = text_cell("Hashyard");
    const std::size_t side = is_received(row) ? 4 : 2;
    line[side] = text_cell(row.asset);
    line[side + 1] = decimal_cell(row, size_of(row.amount));
    line[8] = text_cell(is_mined(row) ? "Mining" : is_received(row) ? "Deposit" : "Withdrawal");
    line[9] = text_cell(description_of(row));
    line[10] = text_cell(txid_of(row));
    return line;
}

Cell value_cell(const StatementRow& row, const Signed& value) {
    return amount_cell(value, row.fiat ? row.fiat->scale : 2, row.fiat ? row.fiat->currency : "");
}

Signed value_of(const StatementRow& row) { return row.fiat ? row.fiat->value : Signed(0); }

Line quickbooks_three_line(const StatementRow& row) {
    return {text_cell(time_text(row.event_at_us, "M/D/Y")), text_cell(description_of(row)),
            value_cell(row, value_of(row))};
}

Line quickbooks_four_line(const StatementRow& row) {
    const auto value = value_of(row);
    Line line{text_cell(time_text(row.event_at_us, "M/D/Y")), text_cell(description_of(row)), Cell{}, Cell{}};
    line[is_received(row) ? 2 : 3] = value_cell(row, size_of(value));
    return line;
}

Line xero_line(const StatementRow& row) {
    return {text_cell(iso_date(row.event_at_us)),
            value_cell(row, value_of(row)),
            text_cell(name_of_party(row.party)),
            text_cell(description_of(row)),
            text_cell(row.payout ? txid_of(row) : row.transfer_id),
            Cell{}};
}

constexpr std::size_t bank_rows_max = 1000;

}  // namespace

const std::vector<TableFormat>& table_formats() {
    static const std::vector<TableFormat> formats{
        earnings_format(),
        payouts_format(),
        {"koinly_simple",
         {"Koinly Date", "Amount", "Currency", "Label", "TxHash", "Description", "Net Worth Amount",
          "Net Worth Currency"},
         Rows::all,
         0,
         false,
         koinly_simple_line},
        {"koinly_universal",
         {"Date", "Sent Amount", "Sent Currency", "Received Amount", "Received Currency", "Fee Amount",
          "Fee Currency", "Net Worth Amount", "Net Worth Currency", "Label", "Description", "TxHash"},
         Rows::all,
         0,
         false,
         koinly_universal_line},
        {"cointracker",
         {"Date", "Received Quantity", "Received Currency", "Sent Quantity", "Sent Currency", "Fee Amount",
          "Fee Currency", "Tag"},
         Rows::all,
         0,
         false,
         cointracker_line},
        {"coinledger",
         {"Date (UTC)", "Platform (Optional)", "Asset Sent", "Amount Sent", "Asset Received",
          "Amount Received", "Fee Currency (Optional)", "Fee Amount (Optional)", "Type",
          "Description (Optional)", "TxHash (Optional)"},
         Rows::all,
         0,
         false,
         coinledger_line},
        {"quickbooks_3",
         {"Date", "Description", "Amount"},
         Rows::all,
         bank_rows_max,
         true,
         quickbooks_three_line},
        {"quickbooks_4",
         {"Date", "Description", "Credit", "Debit"},
         Rows::all,
         bank_rows_max,
         true,
         quickbooks_four_line},
        {"xero",
         {"Date", "Amount", "Payee", "Description", "Reference", "Cheque Number"},
         Rows::all,
         bank_rows_max,
         true,
         xero_line},
    };
    return formats;
}

const TableFormat* find_format(std::string_view name) {
    for (const auto& format : table_formats())
        if (format.name == name) return &format;
    return nullptr;
}

bool takes(const TableFormat& format, const StatementRow& row) {
    return format.rows == Rows::all || (format.rows == Rows::payouts) == row.payout.has_value();
}

}  // namespace fleet::statement

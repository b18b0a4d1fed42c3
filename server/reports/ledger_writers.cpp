#include "fleet/statement/journal.h"
#include "server/reports/workbook.h"
#include "server/reports/writers.h"

namespace server::reports {

namespace {

using fleet::statement::amount_cell;
using fleet::statement::Journal;
using fleet::statement::JournalStyle;
using fleet::statement::JournalTransfer;
using fleet::statement::Line;
using fleet::statement::number_cell;
using fleet::statement::signed_of;
using fleet::statement::text_cell;

const fleet::statement::Columns& ledger_columns() {
    static const fleet::statement::Columns columns{"number",
                                                   "transfer_id",
                                                   "booked_time_utc",
                                                   "event_time_utc",
                                                   "period",
                                                   "asset",
                                                   "amount_base",
                                                   "amount_decimal",
                                                   "code",
                                                   "debit_purpose",
                                                   "debit_party",
                                                   "debit_detail",
                                                   "credit_purpose",
                                                   "credit_party",
                                                   "credit_detail",
                                                   "source_kind",
                                                   "source_id",
                                                   "reverses_id",
                                                   "memo"};
    return columns;
}

Line ledger_line(const JournalTransfer& booked) {
    const auto& transfer = booked.transfer;
    const auto amount = signed_of(transfer.amount);
    return {number_cell(std::to_string(booked.number)),
            text_cell(transfer.id),
            text_cell(fleet::statement::iso_time(booked.booked_at_us)),
            text_cell(fleet::statement::iso_time(transfer.event_at_us)),
            text_cell(booked.period),
            text_cell(transfer.debit.asset),
            amount_cell(amount, 0, transfer.debit.asset),
            number_cell(fleet::statement::decimal_text(amount, booked.scale)),
            text_cell(transfer.code),
            text_cell(transfer.debit.purpose),
            text_cell(transfer.debit.party),
            text_cell(transfer.debit.detail),
            text_cell(transfer.credit.purpose),
            text_cell(transfer.credit.party),
            text_cell(transfer.credit.detail),
            text_cell(transfer.source_kind),
            text_cell(transfer.source_id),
            text_cell(transfer.reverses),
            text_cell(transfer.memo)};
}

void require_rows(std::size_t rows, std::size_t most) {
    if (rows >= most)
        throw ReportRefusal("the report has more than " + std::to_string(most) +
                            " rows: ask for csv or a journal");
}

}  // namespace

void write_ledger(store::JournalReading& reading, const ReportQuery& query, const Naming& naming,
                  const ReportLimits& limits, ReportFiles& files) {
    if (query.format == "csv") {
        files.begin(naming.stem + ".csv");
        fleet::statement::append_csv(files.buffer(), ledger_columns());
        reading.each([&](const JournalTransfer& booked) {
            require_rows(files.rows_of_file(), limits.rows_max);
            const auto line = ledger_line(booked);
            files.count(ledger_columns(), line);
            fleet::statement::append_csv(files.buffer(), line);
            files.flush_if_long();
        });
        files.end();
        return;
    }
    std::int64_t last_us = 0;
    reading.each([&](const JournalTransfer& booked) { last_us = booked.booked_at_us; });
    Workbook book(last_us);
    book.add_sheet("ledger", ledger_columns());
    files.begin(naming.stem + ".xlsx");
    reading.each([&](const JournalTransfer& booked) {
        require_rows(files.rows_of_file(), limits.xlsx_rows_max);
        const auto line = ledger_line(booked);
        files.count(ledger_columns(), line);
        book.add(line);
    });
    book.finish([&](std::string_view bytes) { files.write(bytes); });
    files.end();
}

void write_journal(store::JournalReading& reading, const ReportQuery& query, const Naming& naming,
                   const ReportLimits& limits, ReportFiles& files) {
    const auto style = query.format == "hledger" ? JournalStyle::hledger : JournalStyle::beancount;
    Journal journal(style, reading.accounts(), reading.scales(), reading.first_booked_us());
    files.begin(naming.stem + (style == JournalStyle::hledger ? ".journal" : ".beancount"));
    journal.begin(files.buffer());
    reading.each([&](const JournalTransfer& booked) {
        require_rows(files.rows_of_file(), limits.rows_max);
        journal.add(files.buffer(), booked);
        files.count({"amount"}, {amount_cell(signed_of(booked.transfer.amount), booked.scale,
                                             booked.transfer.debit.asset)});
        files.flush_if_long();
    });
    journal.end(files.buffer());
    files.end();
}

}  // namespace server::reports

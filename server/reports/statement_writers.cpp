#include <array>

#include "fleet/statement/bank_files.h"
#include "fleet/statement/formats.h"
#include "server/reports/paper.h"
#include "server/reports/workbook.h"
#include "server/reports/writers.h"

namespace server::reports {

namespace {

using fleet::statement::append_csv;
using fleet::statement::BankFormat;
using fleet::statement::BankHead;
using fleet::statement::Line;
using fleet::statement::StatementRow;
using fleet::statement::TableFormat;

bool wanted(ReportKind kind, const StatementRow& row) {
    return kind == ReportKind::statement || (kind == ReportKind::payouts) == row.payout.has_value();
}

// Refuses what is too much.
class Count {
  public:
    Count(std::size_t most, const std::string& remedy) : most_(most), remedy_(remedy) {}
    void one() {
        if (++rows_ > most_)
            throw ReportRefusal("the report has more than " + std::to_string(most_) + " rows: " + remedy_);
    }

  private:
    const std::size_t most_;
    const std::string remedy_;
    std::size_t rows_ = 0;
};

void require_value(const StatementRow& row, const ReportQuery& query) {
    if (query.currency.empty())
        throw ReportRefusal("format " + query.format +
                            " is written in fiat money: name the currency, as --currency USD");
    if (!row.fiat)
        throw ReportRefusal("there is no " + query.currency + " price for " + row.asset + " at " +
                            fleet::statement::iso_time(row.event_at_us) + ": import it, then try again");
}

void write_table(store::StatementReading& reading, const ReportQuery& query, const std::string& name,
                 const TableFormat& format, const ReportLimits& limits, ReportFiles& files) {
    const bool split = format.rows_per_file_max != 0;
    std::size_t part = 0;
    const auto begin = [&] {
        auto number = std::to_string(++part);
        number.insert(0, number.size() < 4 ? 4 - number.size() : 0, '0');
        files.begin(name + (split ? "_" + number : "") + ".csv");
        append_csv(files.buffer(), format.columns);
    };
    Count count(limits.rows_max, "ask for a shorter time");
    begin();
    reading.each([&](const StatementRow& row) {
        if (!wanted(query.kind, row) || !fleet::statement::takes(format, row)) return;
        count.one();
        if (format.needs_value) require_value(row, query);
        if (split && files.rows_of_file() == format.rows_per_file_max) {
            files.end();
            begin();
        }
        const auto line = format.line_of(row);
        files.count(format.columns, line);
        append_csv(files.buffer(), line);
        files.flush_if_long();
    });
    files.end();
}

const std::array<const TableFormat*, 2>& our_formats() {
    static const std::array<const TableFormat*, 2> formats{fleet::statement::find_format("earnings"),
                                                           fleet::statement::find_format("payouts")};
    return formats;
}

bool shows(ReportKind kind, const TableFormat& format) {
    return kind == ReportKind::statement || format.name == name_of(kind);
}

}  // namespace

void write_tables(store::StatementReading& reading, const ReportQuery& query, const Naming& naming,
                  const ReportLimits& limits, ReportFiles& files) {
    if (query.format == "csv") {
        for (const auto* format : our_formats())
            if (shows(query.kind, *format))
                write_table(reading, query,
                            naming.stem +
                                (query.kind == ReportKind::statement ? "_" + std::string(format->name) : ""),
                            *format, limits, files);
        return;
    }
    write_table(reading, query, naming.stem + "_" + query.format,
                *fleet::statement::find_format(query.format), limits, files);
}

void write_bank_file(store::StatementReading& reading, const ReportQuery& query, const Naming& naming,
                     const ReportLimits& limits, ReportFiles& files) {
    const BankFormat format =
        query.format == "ofx" ? fleet::statement::ofx_format() : fleet::statement::camt_format();
    BankHead head;
    head.statement_no = naming.statement_no;
    head.party = reading.head().party;
    head.party_id = reading.head().party_id;
    head.currency = query.currency;
    head.scale = reading.head().currency_scale;
    head.from_us = reading.head().from_us;
    head.to_us = reading.head().to_us;
    reading.each_before([&](const StatementRow& row) {
        require_value(row, query);
        head.opening += row.fiat->value;
    });
    Count count(limits.rows_max, "ask for a shorter time");
    reading.each([&](const StatementRow& row) {
        count.one();
        require_value(row, query);
        fleet::statement::count_row(head, row);
    });
    files.begin(naming.stem + "_" + query.format + "." + std::string(format.extension));
    files.buffer() = format.begin(head);
    reading.each([&](const StatementRow& row) {
        format.append(files.buffer(), row);
        files.count({"value"},
                    {fleet::statement::amount_cell(row.fiat->value, row.fiat->scale, row.fiat->currency)});
        files.flush_if_long();
    });
    files.buffer() += format.end(head);
    files.end();
}

void write_statement_book(store::StatementReading& reading, const ReportQuery& query, const Naming& naming,
                          const ReportLimits& limits, ReportFiles& files) {
    Workbook book(reading.head().to_us);
    files.begin(naming.stem + ".xlsx");
    Count count(limits.xlsx_rows_max, "a sheet takes no more; ask for a shorter time, or for csv");
    for (const auto* format : our_formats()) {
        if (!shows(query.kind, *format)) continue;
        book.add_sheet(std::string(format->name), format->columns);
        reading.each([&](const StatementRow& row) {
            if (!fleet::statement::takes(*format, row)) return;
            count.one();
            const auto line = format->line_of(row);
            files.count(format->columns, line);
            book.add(line);
        });
    }
    book.finish([&](std::string_view bytes) { files.write(bytes); });
    files.end();
}

void write_paper(store::StatementReading& reading, const ReportQuery&, const Naming& naming,
                 const ReportLimits& limits, ReportFiles& files) {
    std::map<std::string, PaperSums> sums;
    Count count(limits.pdf_rows_max, "too long to print; ask for a shorter time, or for csv");
    reading.each([&](const StatementRow& row) {
        count.one();
        auto& sum = sums[row.asset];
        if (row.amount > 0)
            sum.received += row.amount;
        else
            sum.taken -= row.amount;
    });
    Paper paper(reading.head().to_us);
    paper.set_heading("Hashyard    " + naming.statement_no);
    for (const auto& line : paper_head(reading.head(), naming.statement_no, sums)) paper.add(line);
    paper.add(paper_columns());
    files.begin(naming.stem + ".pdf");
    reading.each([&](const StatementRow& row) {
        paper.add(paper_line(row));
        files.count({"amount"}, {fleet::statement::amount_cell(row.amount, row.scale, row.asset)});
    });
    paper.finish([&](std::string_view bytes) { files.write(bytes); });
    files.end();
}

}  // namespace server::reports

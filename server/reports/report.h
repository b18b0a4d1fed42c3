#pragma once
// Makes a report: rows of the store in, files and their manifest out. Any thread; one database transaction.
// The same question about a closed month gives the same bytes for ever: nothing here looks at a clock, and
// dates inside of files are the end of what was asked for.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/statement/manifest.h"
#include "server/store/statement_rows.h"

namespace server::reports {

enum class ReportKind {
    earnings,   // what came in
    payouts,    // what was sent
    statement,  // both
    ledger,     // all transfers of all accounts, as a table
    journal     // the same as a text for bookkeeping programs
};
const char* name_of(ReportKind kind);
[[nodiscard]] std::optional<ReportKind> parse_report_kind(std::string_view text);
// What --format may be, the first is the default.
[[nodiscard]] std::vector<std::string> formats_of(ReportKind kind);

struct ReportQuery {
    ReportKind kind = ReportKind::statement;
    std::string party;  // empty for ledger and journal
    store::Span span;   // of ledger and journal: last_period alone, or nothing
    std::string currency;
    std::string format;  // of formats_of()
};

// "2026-10", "2026", "2026-Q3"; nullopt: something else.
[[nodiscard]] std::optional<store::Span> parse_period(std::string_view text);
// 00:00 UTC of "2026-10-05".
[[nodiscard]] std::optional<std::int64_t> parse_day(std::string_view text);

struct ReportLimits {
    std::size_t rows_max = 50'000'000;      // above: refused
    std::size_t xlsx_rows_max = 1'000'000;  // a sheet has 1,048,576
    std::size_t pdf_rows_max = 20'000;      // 60 on a page; all of it stands in memory
};

// Files come one after another.
class ReportOutput {
  public:
    virtual ~ReportOutput() = default;
    virtual void begin(const std::string& name) = 0;  // safe as a file's name
    virtual void write(std::string_view bytes) = 0;
    virtual void end() = 0;
};

struct MadeReport {
    std::string refused;  // why not; the files are then incomplete
    fleet::statement::Manifest manifest;
    std::string manifest_name;
    std::string manifest_text;
    bool closed = false;  // all its months are: it has to come out the same for ever
};
[[nodiscard]] store::Stored<MadeReport> make_report(store::Database& database, const ReportQuery& query,
                                                    ReportOutput& output, const ReportLimits& limits = {});

// Notes the export in the database; gives why it may not be handed out: it is of a closed month and differs
// from the one made before (I12), which also freezes payouts.
[[nodiscard]] store::Stored<std::string> note_report(store::Database& database, const ReportQuery& query,
                                                     const MadeReport& report);

// Letters, digits, '-' and '.', at most 100; what else a name has is written as _ and two digits.
[[nodiscard]] std::string file_word(std::string_view text);

}  // namespace server::reports

#include "server/reports/report.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "server/reports/report_files.h"
#include "server/reports/writers.h"
#include "server/store/exports.h"

namespace server::reports {

namespace {

constexpr std::size_t file_word_max = 100;

bool all_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char letter) { return letter >= '0' && letter <= '9'; });
}

std::map<std::string, std::string> parameters_of(const ReportQuery& query) {
    std::map<std::string, std::string> out;
    if (!query.party.empty()) out["party"] = query.party;
    if (!query.currency.empty()) out["currency"] = query.currency;
    if (!query.span.last_period.empty()) {
        if (!query.span.first_period.empty()) out["first_period"] = query.span.first_period;
        out["last_period"] = query.span.last_period;
    } else if (query.span.to_us != 0) {
        out["from"] = fleet::statement::iso_time(query.span.from_us);
        out["to"] = fleet::statement::iso_time(query.span.to_us);
    }
    return out;
}

std::string span_word(const store::Span& span) {
    if (span.first_period.empty() && span.last_period.empty())
        return span.to_us == 0 ? "all"
                               : fleet::statement::time_text(span.from_us, "YMD") + "-" +
                                     fleet::statement::time_text(span.to_us, "YMD");
    if (span.first_period.empty()) return "to-" + span.last_period;
    return span.first_period == span.last_period ? span.last_period
                                                 : span.first_period + "-to-" + span.last_period;
}

Naming naming_of(const ReportQuery& query) {
    Naming out;
    out.stem = name_of(query.kind);
    if (!query.party.empty()) out.stem += "_" + file_word(query.party);
    out.stem += "_" + span_word(query.span);
    if (!query.currency.empty()) out.stem += "_" + file_word(query.currency);
    out.statement_no = span_word(query.span) + "/" + query.party;
    return out;
}

bool of_the_ledger(ReportKind kind) { return kind == ReportKind::ledger || kind == ReportKind::journal; }

std::string why_not(const ReportQuery& query) {
    const auto formats = formats_of(query.kind);
    if (std::find(formats.begin(), formats.end(), query.format) == formats.end()) {
        std::string list;
        for (const auto& format : formats) list += (list.empty() ? "" : ", ") + format;
        return "report " + std::string(name_of(query.kind)) + " is written as " + list + ", not as " +
               query.format;
    }
    if (of_the_ledger(query.kind)) {
        if (!query.party.empty()) return "the ledger is everybody's: name no party";
        if (query.span.last_period.empty() && query.span.to_us != 0)
            return "the ledger goes up to a month: name --period, or nothing for all";
        return {};
    }
    if (query.party.empty()) return "name whose report it is: a user, a holder or an owner";
    if (query.span.last_period.empty() && query.span.from_us >= query.span.to_us)
        return "name the time: a period, or a first and a last day";
    return {};
}

using StatementWriter = void (*)(store::StatementReading&, const ReportQuery&, const Naming&,
                                 const ReportLimits&, ReportFiles&);

StatementWriter writer_of(const std::string& format) {
    if (format == "ofx" || format == "camt053") return write_bank_file;
    if (format == "xlsx") return write_statement_book;
    if (format == "pdf") return write_paper;
    return write_tables;
}

}  // namespace

const char* name_of(ReportKind kind) {
    switch (kind) {
        case ReportKind::earnings:
            return "earnings";
        case ReportKind::payouts:
            return "payouts";
        case ReportKind::statement:
            return "statement";
        case ReportKind::ledger:
            return "ledger";
        case ReportKind::journal:
            return "journal";
    }
    return "unknown";
}

std::optional<ReportKind> parse_report_kind(std::string_view text) {
    for (const auto kind : {ReportKind::earnings, ReportKind::payouts, ReportKind::statement,
                            ReportKind::ledger, ReportKind::journal})
        if (text == name_of(kind)) return kind;
    return std::nullopt;
}

std::vector<std::string> formats_of(ReportKind kind) {
    if (kind == ReportKind::ledger) return {"csv", "xlsx"};
    if (kind == ReportKind::journal) return {"hledger", "beancount"};
    std::vector<std::string> out{"csv",         "xlsx",       "koinly_simple", "koinly_universal",
                                 "cointracker", "coinledger", "quickbooks_3",  "quickbooks_4",
                                 "xero"};
    if (kind == ReportKind::statement) out.insert(out.end(), {"pdf", "ofx", "camt053"});
    return out;
}

std::optional<store::Span> parse_period(std::string_view text) {
    const std::string year(text.substr(0, 4));
    if (year.size() != 4 || !all_digits(year) || year == "0000") return std::nullopt;
    store::Span span;
    if (text.size() == 4) {
        span.first_period = year + "-01";
        span.last_period = year + "-12";
    } else if (text.size() == 7 && text[4] == '-' && text[5] == 'Q' && text[6] >= '1' && text[6] <= '4') {
        constexpr std::array<std::array<const char*, 2>, 4> quarters{
            {{"-01", "-03"}, {"-04", "-06"}, {"-07", "-09"}, {"-10", "-12"}}};
        const auto& quarter = quarters[static_cast<std::size_t>(text[6] - '1')];
        span.first_period = year + quarter[0];
        span.last_period = year + quarter[1];
    } else if (text.size() == 7 && text[4] == '-' && all_digits(text.substr(5)) && text.substr(5) >= "01" &&
               text.substr(5) <= "12") {
        span.first_period = span.last_period = std::string(text);
    } else {
        return std::nullopt;
    }
    return span;
}

std::optional<std::int64_t> parse_day(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto number = [&](std::size_t first, std::size_t size) {
        const auto digits = text.substr(first, size);
        int value = 0;
        if (all_digits(digits)) std::from_chars(digits.data(), digits.data() + size, value);
        return value;
    };
    const std::chrono::year_month_day date{std::chrono::year(number(0, 4)),
                                           std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                           std::chrono::day(static_cast<unsigned>(number(8, 2)))};
    if (!date.ok() || number(0, 4) < 1970) return std::nullopt;
    return std::chrono::microseconds(std::chrono::sys_days(date).time_since_epoch()).count();
}

std::string file_word(std::string_view text) {
    constexpr std::string_view hexadecimal = "0123456789abcdef";
    std::string out;
    for (const char letter : text) {
        const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                           (letter >= '0' && letter <= '9') || letter == '-' ||
                           (letter == '.' && !out.empty());
        if (plain) {
            out += letter;
            continue;
        }
        const auto byte = static_cast<unsigned char>(letter);
        out += '_';
        out += hexadecimal[byte >> 4];
        out += hexadecimal[byte & 0xfU];
    }
    // Long names end in their hash, so two of them never share a file.
    if (out.size() > file_word_max)
        out = out.substr(0, file_word_max - 17) + "-" + sha256_hex(text).substr(0, 16);
    return out;
}

store::Stored<MadeReport> make_report(store::Database& database, const ReportQuery& query,
                                      ReportOutput& output, const ReportLimits& limits) {
    MadeReport made;
    made.refused = why_not(query);
    if (!made.refused.empty()) return made;
    const auto naming = naming_of(query);
    ReportFiles files(output);
    try {
        if (of_the_ledger(query.kind)) {
            const auto write = query.kind == ReportKind::ledger ? write_ledger : write_journal;
            const auto read = store::read_journal(database, query.span.last_period, [&](auto& reading) {
                made.closed = reading.closed();
                write(reading, query, naming, limits, files);
            });
            if (read.has_error()) return read.error();
        } else {
            const auto refused = store::read_statement(
                database, {query.party, query.span, query.currency}, [&](store::StatementReading& reading) {
                    made.closed = reading.head().closed;
                    writer_of(query.format)(reading, query, naming, limits, files);
                });
            if (refused.has_error()) return refused.error();
            made.refused = *refused;
        }
    } catch (const ReportRefusal& refusal) {
        made.refused = refusal.what();
    }
    if (!made.refused.empty()) return made;
    made.manifest = {name_of(query.kind), query.format, parameters_of(query), files.take()};
    made.manifest_name = naming.stem + "_" + query.format + ".manifest.json";
    made.manifest_text = fleet::statement::canonical(made.manifest);
    return made;
}

store::Stored<std::string> note_report(store::Database& database, const ReportQuery& query,
                                       const MadeReport& report) {
    store::ExportRecord record;
    record.kind = name_of(query.kind);
    record.format = query.format;
    record.parameters =
        fleet::statement::canonical({record.kind, record.format, report.manifest.parameters, {}});
    record.sha256 = sha256_hex(report.manifest_text);
    record.closed = report.closed;
    fleet::statement::Sums sums;
    for (const auto& file : report.manifest.files) {
        record.rows += static_cast<std::int64_t>(file.rows);
        sums.add(file.sums);
    }
    record.sums = fleet::statement::canonical_sums(sums);
    return store::note_export(database, record);
}

}  // namespace server::reports

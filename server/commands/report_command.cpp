// `hashyard report …`: statements for users, holders and owners, and the ledger for bookkeeping programs, as
// files with a manifest. Main thread; also beside a running server.

#include <CLI/CLI.hpp>

#include "server/commands/command_maker.h"
#include "server/commands/database_visit.h"
#include "server/reports/report_folder.h"

namespace server::commands {

namespace {

using reports::ReportKind;

struct ReportWords {
    std::string user;
    std::string holder;
    std::string owner;
    std::string period;
    std::string from;
    std::string to;
    std::string currency;
    std::string format;
    std::string out = ".";
};

std::string party_of(const ReportWords& words) {
    if (!words.user.empty()) return "user:" + words.user;
    if (!words.holder.empty()) return "holder:" + words.holder;
    return words.owner.empty() ? "" : "owner:" + words.owner;
}

// Empty, or what is wrong with the time asked for.
std::string read_span(const ReportWords& words, store::Span& span) {
    if (!words.period.empty()) {
        const auto period = reports::parse_period(words.period);
        if (!period) return "--period is a month as 2026-10, a quarter as 2026-Q4 or a year as 2026";
        span = *period;
        return {};
    }
    if (words.from.empty() && words.to.empty()) return {};
    const auto from = reports::parse_day(words.from);
    const auto to = reports::parse_day(words.to);
    if (!from || !to) return "--from and --to are days as 2026-10-05, both of them in the report";
    constexpr std::int64_t day_us = 86'400'000'000;
    span.from_us = *from;
    span.to_us = *to + day_us;
    return span.from_us < span.to_us ? "" : "--to lies before --from";
}

int write_report(const Visit& visit, ReportKind kind, const ReportWords& words) {
    reports::ReportQuery query;
    query.kind = kind;
    query.party = party_of(words);
    query.currency = words.currency;
    query.format = words.format.empty() ? reports::formats_of(kind).front() : words.format;
    if (const auto wrong = read_span(words, query.span); !wrong.empty()) return failed(visit, wrong);
    if (kind == ReportKind::ledger || kind == ReportKind::journal) query.span.first_period.clear();
    return visit_database(visit, [&](store::Database& database) {
        try {
            reports::ReportFolder folder(words.out);
            const auto made = reports::make_report(database, query, folder);
            if (!made) return unavailable(visit, made.error());
            if (!made->refused.empty()) return failed(visit, made->refused);
            folder.begin(made->manifest_name);
            folder.write(made->manifest_text);
            folder.end();
            const auto differs = reports::note_report(database, query, *made);
            if (!differs) return unavailable(visit, differs.error());
            if (!differs->empty()) return failed(visit, *differs);
            folder.keep();
            for (const auto& file : made->manifest.files)
                visit.out << file.sha256 << "  " << file.name << "  " << file.rows << " rows\n";
            visit.out << made->manifest_name << " has the sums"
                      << (made->closed ? ".\n" : "; a month of it is open, so it may still change.\n");
            return 0;
        } catch (const std::runtime_error& failure) {
            return failed(visit, failure.what());
        }
    });
}

void add_kind(const CommandMaker& maker, CLI::App& report, ReportKind kind, const std::string& text) {
    auto* command = report.add_subcommand(reports::name_of(kind), text);
    const auto words = maker.visits<ReportWords>(
        *command,
        [kind](const Visit& visit, const ReportWords& typed) { return write_report(visit, kind, typed); });
    auto* period = command->add_option("--period", words->period,
                                       "Month as 2026-10, quarter as 2026-Q4 or year as 2026, as booked");
    if (kind != ReportKind::ledger && kind != ReportKind::journal) {
        auto* user = command->add_option("--user", words->user, "Whose: the name or address of a user");
        auto* holder = command->add_option("--holder", words->holder, "Whose: a holder");
        command->add_option("--owner", words->owner, "Whose: an owner of consigned machines")
            ->excludes(user)
            ->excludes(holder);
        holder->excludes(user);
        command->add_option("--from", words->from, "First day (UTC), instead of --period")->excludes(period);
        command->add_option("--to", words->to, "Last day (UTC)")->excludes(period);
        command->add_option("--currency", words->currency, "Value each row in this money, as USD");
    }
    const auto formats = reports::formats_of(kind);
    command->add_option("--format", words->format, "How it is written; default: " + formats.front())
        ->check(CLI::IsMember(formats));
    command->add_option("--out", words->out, "Folder for the files and their manifest; default: here");
}

}  // namespace

void add_report(const CommandMaker& maker) {
    auto* report = maker.app.add_subcommand("report", "Statements and exports, each with a manifest");
    report->require_subcommand(1);
    add_kind(maker, *report, ReportKind::earnings, "What a party was credited");
    add_kind(maker, *report, ReportKind::payouts, "What a party was sent");
    add_kind(maker, *report, ReportKind::statement, "Both, with balances");
    add_kind(maker, *report, ReportKind::ledger, "All transfers up to the end of a month, as a table");
    add_kind(maker, *report, ReportKind::journal, "The same for hledger or beancount, with balances");
}

}  // namespace server::commands

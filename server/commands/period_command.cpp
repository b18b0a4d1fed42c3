// `hashyard period …`: months of the books, their trial balances, and closing them. Main thread; also beside
// a running server.

#include <CLI/CLI.hpp>

#include <iomanip>

#include "server/commands/command_maker.h"
#include "server/commands/database_visit.h"
#include "server/store/periods.h"

namespace server::commands {

namespace {

struct PeriodWords {
    std::string period;
    std::string by;
};

int list_periods(const Visit& visit, const PeriodWords&) {
    return visit_database(visit, [&](store::Database& database) {
        const auto periods = store::periods(database);
        if (!periods) return unavailable(visit, periods.error());
        for (const auto& period : *periods) {
            visit.out << period.period << "  " << std::left << std::setw(8) << period.state << std::right
                      << std::setw(12) << period.transfers << " transfers";
            if (!period.closed_by.empty())
                visit.out << "  closed " << period.closed_at << " by " << period.closed_by << "  "
                          << period.trial_balance_hash;
            visit.out << "\n";
        }
        if (periods->empty()) visit.out << "No month has a transfer yet.\n";
        return 0;
    });
}

int show_period(const Visit& visit, const PeriodWords& words) {
    return visit_database(visit, [&](store::Database& database) {
        const auto periods = store::periods(database);
        if (!periods) return unavailable(visit, periods.error());
        bool known = false;
        for (const auto& period : *periods) known = known || period.period == words.period;
        if (!known)
            return failed(visit, "there is no month " + words.period + " in the books: hashyard period list");
        const auto balance = store::trial_balance(database, words.period);
        if (!balance) return unavailable(visit, balance.error());
        // The text is what is hashed, so anybody can hash it again.
        visit.out << balance->text << "hash\t" << balance->hash << "\n";
        return 0;
    });
}

int close_period(const Visit& visit, const PeriodWords& words) {
    return visit_database(visit, [&](store::Database& database) {
        const auto closed = store::close_period(database, words.period, words.by, wall_us());
        if (!closed) return unavailable(visit, closed.error());
        if (!closed->refused.empty()) return failed(visit, closed->refused);
        visit.out << words.period << " is closed for ever. Hash of its trial balance: " << closed->hash
                  << "\n";
        return 0;
    });
}

}  // namespace

void add_period(const CommandMaker& maker) {
    auto* period = maker.app.add_subcommand("period", "Months of the books: list, trial balance, closing");
    period->require_subcommand(1);
    maker.visits<PeriodWords>(*period->add_subcommand("list", "All months, oldest first"), list_periods);
    auto* show = period->add_subcommand("show", "The trial balance of a month, in base units");
    show->add_option("month", maker.visits<PeriodWords>(*show, show_period)->period, "As 2026-10")
        ->required();
    auto* close = period->add_subcommand(
        "close", "Close a month: nothing is booked in it any more. Run hashyard books check first");
    const auto words = maker.visits<PeriodWords>(*close, close_period);
    close->add_option("month", words->period, "As 2026-10")->required();
    close->add_option("--by", words->by, "Who says so")->required();
}

}  // namespace server::commands

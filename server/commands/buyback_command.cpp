// `hashyard buyback …`: the quarterly buyback from preview to the coins bought. Short visits to the database,
// also beside a running server. Main thread.

#include <CLI/CLI.hpp>

#include "fleet/ledger/price_file.h"
#include "server/commands/command_maker.h"
#include "server/commands/database_visit.h"
#include "server/store/buyback_executions.h"
#include "server/store/buybacks.h"

namespace server::commands {

namespace {

using fleet::ledger::amount_text;
using fleet::ledger::Integer;
using fleet::ledger::parse_amount;

struct QuarterWords {
    std::string quarter;
    std::string asset;
    std::string by;
};

struct RunWords {
    std::int64_t run = 0;
    std::string by;
    std::string why;
};

struct RuleWords {
    unsigned basis_points = 0;
    std::string from;
    std::string by;
};

struct ExecuteWords {
    std::string reference;
    std::string asset;
    std::string coin;
    std::string quantity;
    std::string price;
    std::string paid;
    std::string fee;
    std::string venue;
    std::string bank = "main";
    std::string wallet = "buyback";
    std::string at;
    std::string by;
    std::string why;
};

struct NoWords {};

int preview(const Visit& visit, const QuarterWords& words) {
    const auto quarter = fleet::ledger::parse_quarter(words.quarter);
    if (!quarter) return failed(visit, words.quarter + " is no quarter: write it as 2026-Q4");
    return visit_database(visit, [&](store::Database& database) {
        const auto scale = scale_of(visit, database, words.asset);
        if (!scale) return 1;
        const auto found = store::preview_buyback(database, *quarter, words.asset, wall_us());
        if (!found) return unavailable(visit, found.error());
        for (const auto& line : found->buyback.lines)
            visit.out << line.line << "  earned " << amount_text(line.earned, *scale) << "  returned "
                      << amount_text(line.returned, *scale) << "  buyback "
                      << amount_text(line.amount, *scale) << "\n";
        visit.out << quarter->name << ": " << found->basis_points << " bp of "
                  << amount_text(found->buyback.total, *scale) << " " << words.asset << " are "
                  << amount_text(found->buyback.amount, *scale) << "; " << found->transfers << " bookings, "
                  << found->late << " of them dated before the quarter.\n";
        if (!found->refused.empty()) visit.out << "It cannot be proposed now: " << found->refused << "\n";
        return 0;
    });
}

int tell(const Visit& visit, const store::Stored<store::BuybackOutcome>& outcome, const std::string& done) {
    if (!outcome) return unavailable(visit, outcome.error());
    if (!outcome->refused.empty()) return failed(visit, outcome->refused);
    visit.out << "Run " << outcome->run << (outcome->changed ? " is " : " was already ") << done << ".\n";
    return 0;
}

int propose(const Visit& visit, const QuarterWords& words) {
    const auto quarter = fleet::ledger::parse_quarter(words.quarter);
    if (!quarter) return failed(visit, words.quarter + " is no quarter: write it as 2026-Q4");
    return visit_database(visit, [&](store::Database& database) {
        return tell(visit, store::propose_buyback(database, *quarter, words.asset, words.by, wall_us()),
                    "proposed; another person approves it");
    });
}

int approve(const Visit& visit, const RunWords& words) {
    return visit_database(visit, [&](store::Database& database) {
        return tell(visit, store::approve_buyback(database, words.run, words.by), "approved");
    });
}

int post(const Visit& visit, const RunWords& words) {
    return visit_database(visit, [&](store::Database& database) {
        return tell(visit, store::post_buyback(database, words.run, wall_us()), "posted");
    });
}

int reverse(const Visit& visit, const RunWords& words) {
    return visit_database(visit, [&](store::Database& database) {
        return tell(visit, store::end_buyback(database, words.run, words.by, words.why, wall_us()),
                    "taken back; its revenue is free for another run");
    });
}

// Fills the amounts; false after saying what is wrong.
bool read_amounts(const Visit& visit, store::Database& database, const ExecuteWords& words,
                  store::BuybackExecution& execution) {
    const auto scale = scale_of(visit, database, words.asset);
    const auto coin_scale = scale ? scale_of(visit, database, words.coin) : std::nullopt;
    if (!coin_scale) return false;
    const auto price = fleet::ledger::parse_price(words.price);
    const auto quantity = parse_amount(words.quantity, *coin_scale);
    const auto fee = words.fee.empty() ? std::optional<Integer>(0) : parse_amount(words.fee, *scale);
    if (!price || !quantity || !fee) {
        failed(visit, std::string(!price      ? "--price"
                                  : !quantity ? "--quantity"
                                              : "--fee") +
                          " must be digits with a point, as 1234.56, with no more places than the asset has");
        return false;
    }
    execution.price = *price;
    execution.quantity = *quantity;
    execution.fee = *fee;
    auto paid = words.paid.empty() ? std::optional<Integer>() : parse_amount(words.paid, *scale);
    if (words.paid.empty())
        if (const auto value = value_in_quote(*quantity, *price, {*coin_scale, *scale})) paid = *value;
    if (!paid || *paid == 0) {
        failed(visit, "--paid must be above zero; without it quantity times price is taken");
        return false;
    }
    execution.paid = *paid;
    return true;
}

int execute(const Visit& visit, const ExecuteWords& words) {
    store::BuybackExecution execution;
    execution.reference = words.reference;
    execution.asset = words.asset;
    execution.coin = words.coin;
    execution.venue = words.venue;
    execution.bank = words.bank;
    execution.wallet = words.wallet;
    execution.by = words.by;
    const auto at_us = parse_when(words.at);
    if (!at_us) return failed(visit, "--at must be UTC, as 2026-11-25T05:00Z");
    execution.event_at_us = *at_us;
    if (!fleet::ledger::is_venue(words.venue))
        return failed(visit, "--venue must be small letters, digits, '_', '.' and '-', as kraken");
    return visit_database(visit, [&](store::Database& database) {
        if (!read_amounts(visit, database, words, execution)) return 1;
        const auto outcome = store::execute_buyback(database, execution, wall_us());
        if (!outcome) return unavailable(visit, outcome.error());
        if (!outcome->refused.empty()) return failed(visit, outcome->refused);
        visit.out << (outcome->changed ? "Booked.\n" : "It was booked already.\n");
        return 0;
    });
}

int undo(const Visit& visit, const ExecuteWords& words) {
    return visit_database(visit, [&](store::Database& database) {
        const auto outcome =
            store::reverse_execution(database, words.reference, words.by, words.why, wall_us());
        if (!outcome) return unavailable(visit, outcome.error());
        if (!outcome->refused.empty()) return failed(visit, outcome->refused);
        visit.out << (outcome->changed ? "Reversed; the reserve is whole again.\n"
                                       : "It was reversed already.\n");
        return 0;
    });
}

int list(const Visit& visit, const NoWords&) {
    return visit_database(visit, [&](store::Database& database) {
        const auto rules = store::buyback_rules(database);
        const auto runs = rules ? store::list_buybacks(database) : rules.error();
        const auto executions = runs ? store::list_executions(database) : runs.error();
        if (!executions) return unavailable(visit, executions.error());
        for (const auto& rule : *rules)
            visit.out << "rule  " << rule.basis_points << " bp for quarters from "
                      << iso_time(rule.valid_from_us) << " (" << rule.set_by << ")\n";
        for (const auto& run : *runs) {
            visit.out << "run " << run.run << "  " << run.quarter << "  " << run.state << "  "
                      << run.buyback.amount << " of " << run.buyback.total << " base units of " << run.asset
                      << "  proposed by " << run.proposed_by;
            if (!run.approved_by.empty()) visit.out << ", approved by " << run.approved_by;
            if (!run.ended_by.empty()) visit.out << ", ended by " << run.ended_by << ": " << run.ended_why;
            visit.out << "\n";
        }
        for (const auto& [execution, reversed_by, why] : *executions) {
            visit.out << "bought  " << iso_time(execution.event_at_us) << "  " << execution.quantity
                      << " base units of " << execution.coin << " at " << text_of(execution.price) << " "
                      << execution.asset << ", paid " << execution.paid << ", fee " << execution.fee << "  "
                      << execution.venue << " " << execution.reference;
            if (!reversed_by.empty()) visit.out << "  reversed by " << reversed_by << ": " << why;
            visit.out << "\n";
        }
        return 0;
    });
}

int set_rule(const Visit& visit, const RuleWords& words) {
    const auto quarter = fleet::ledger::parse_quarter(words.from);
    if (!quarter) return failed(visit, "--from must be a quarter as 2027-Q1");
    return visit_database(visit, [&](store::Database& database) {
        const auto refused =
            store::set_buyback_rule(database, {quarter->from_us, words.basis_points, words.by});
        if (!refused) return unavailable(visit, refused.error());
        if (!refused->empty()) return failed(visit, *refused);
        visit.out << "Runs proposed from now on for " << quarter->name << " and later follow it.\n";
        return 0;
    });
}

void add_run_commands(const CommandMaker& maker, CLI::App& buyback) {
    const auto quarter_command = [&](const char* name, const char* help, auto run, bool signs) {
        auto* command = buyback.add_subcommand(name, help);
        const auto words = maker.visits<QuarterWords>(*command, run);
        command->add_option("quarter", words->quarter, "As 2026-Q4")->required();
        command->add_option("asset", words->asset, "The currency, as USD")->required();
        if (signs) command->add_option("--by", words->by, "Who proposes it")->required();
    };
    quarter_command("preview", "What a run would come to; changes nothing", preview, false);
    quarter_command("propose", "Fix a quarter's run; another person approves it", propose, true);
    const auto run_command = [&](const char* name, const char* help, auto run) {
        auto* command = buyback.add_subcommand(name, help);
        const auto words = maker.visits<RunWords>(*command, run);
        command->add_option("run", words->run, "Its number in hashyard buyback list")->required();
        return std::pair(command, words);
    };
    const auto approving = run_command("approve", "As a second person", approve);
    approving.first->add_option("--by", approving.second->by, "Who approves it")->required();
    run_command("post", "Book an approved run into the reserve", post);
    const auto back = run_command("reverse", "Take a run back, posted or not", reverse);
    back.first->add_option("--by", back.second->by, "Who says so")->required();
    back.first->add_option("--why", back.second->why, "The reason")->required();
    auto* rule = buyback.add_subcommand("rule", "The percentage from a quarter on");
    const auto words = maker.visits<RuleWords>(*rule, set_rule);
    rule->add_option("basis_points", words->basis_points, "Hundredths of a percent; 3000 are 30 %")
        ->required()
        ->check(CLI::Range(0, 10'000));
    rule->add_option("--from", words->from, "The first quarter, as 2027-Q1")->required();
    rule->add_option("--by", words->by, "Who says so")->required();
}

}  // namespace

void add_buyback(const CommandMaker& maker) {
    auto* buyback = maker.app.add_subcommand("buyback", "Part of each quarter's revenue buys back coins");
    buyback->require_subcommand(1);
    add_run_commands(maker, *buyback);
    auto* executing = buyback->add_subcommand("execute", "Book coins bought with the reserve");
    const auto words = maker.visits<ExecuteWords>(*executing, execute);
    executing->add_option("reference", words->reference, "The venue's order or trade, without blanks")
        ->required();
    executing->add_option("--asset", words->asset, "The currency spent, as USD")->required();
    executing->add_option("--coin", words->coin, "What was bought, as BTC")->required();
    executing->add_option("--quantity", words->quantity, "How much of it, as 0.5")->required();
    executing->add_option("--price", words->price, "Of one whole coin, as 69123.45")->required();
    executing->add_option("--paid", words->paid, "Without the fee; default: quantity times price");
    executing->add_option("--fee", words->fee, "The venue's, in the currency");
    executing->add_option("--venue", words->venue, "As kraken")->required();
    executing->add_option("--bank", words->bank, "The bank account that paid (main)");
    executing->add_option("--wallet", words->wallet, "The wallet the coin came into (buyback)");
    executing->add_option("--at", words->at, "When (UTC), as 2026-11-25T05:00Z")->required();
    executing->add_option("--by", words->by, "Who books it")->required();
    auto* undoing = buyback->add_subcommand("undo", "Take an execution back");
    const auto back = maker.visits<ExecuteWords>(*undoing, undo);
    undoing->add_option("reference", back->reference)->required();
    undoing->add_option("--why", back->why, "The reason")->required();
    undoing->add_option("--by", back->by, "Who says so")->required();
    maker.visits<NoWords>(*buyback->add_subcommand("list", "Rules, runs and executions, newest first"), list);
}

}  // namespace server::commands

// `hashyard waterfall …` and `hashyard split …`: months of the farm's own coin. Short visits to the database,
// also beside a running server. Main thread.

#include <CLI/CLI.hpp>

#include "fleet/ledger/calendar.h"
#include "server/commands/command_maker.h"
#include "server/commands/database_visit.h"
#include "server/store/splits.h"
#include "server/store/waterfall.h"

namespace server::commands {

namespace {

using store::WaterfallOutcome;
using store::WaterfallRun;
using store::WaterfallStep;

struct WaterfallWords {
    std::string asset = "BTC";
    std::string month;
    std::string by;
    std::string why;
    std::size_t lines = 20;
};

struct SplitWords {
    std::string month;
    unsigned holders = 0;
    unsigned reinvest = 0;
    unsigned foundation = 0;
    std::string by;
};

void show(const Visit& visit, const WaterfallRun& run, std::size_t lines) {
    const auto& result = run.result;
    visit.out << run.asset << " " << run.month << " " << run.state << ", units on record at "
              << iso_time(run.record_at_us) << "\n  mined            " << run.mined << "\n  taken back       "
              << run.taken_back << "\n  electricity      " << result.electricity << "\n  operating        "
              << result.operating << "\n  deficit before   " << run.deficit_brought_forward
              << "\n  net              " << result.net << "\n  deficit carried  "
              << result.deficit_carried_forward << "\n  holders          " << result.holders
              << "\n  reinvest         " << result.reinvest << "\n  foundation       " << result.foundation
              << "\n";
    for (const auto& cost : run.costs)
        visit.out << "  " << name_of(cost.kind) << " " << cost.amount << "  bill " << cost.evidence << "\n";
    for (std::size_t i = 0; i < std::min(lines, result.lines.size()); ++i)
        visit.out << "  holder " << result.lines[i].amount << "  " << result.lines[i].account << "\n";
    if (result.lines.size() > lines)
        visit.out << "  and " << result.lines.size() - lines << " more holders (--lines)\n";
    visit.out << "  input " << run.input_hash << "\n  output " << run.output_hash << "\n";
}

int tell(const Visit& visit, const store::Stored<WaterfallOutcome>& outcome, std::size_t lines) {
    if (!outcome) return unavailable(visit, outcome.error());
    if (!outcome->refused.empty()) return failed(visit, outcome->refused);
    show(visit, outcome->run, lines);
    return 0;
}

int preview(const Visit& visit, const WaterfallWords& words) {
    return visit_database(visit, [&](store::Database& database) {
        return tell(visit, store::preview_waterfall(database, words.asset, words.month, wall_us()),
                    words.lines);
    });
}

int propose(const Visit& visit, const WaterfallWords& words) {
    return visit_database(visit, [&](store::Database& database) {
        return tell(visit, store::propose_waterfall(database, words.asset, words.month, words.by, wall_us()),
                    words.lines);
    });
}

using Step = store::Stored<WaterfallOutcome> (*)(store::Database&, const WaterfallStep&, std::int64_t);

template <Step take>
int step(const Visit& visit, const WaterfallWords& words) {
    return visit_database(visit, [&](store::Database& database) {
        return tell(visit, take(database, {words.asset, words.month, words.by, words.why}, wall_us()),
                    words.lines);
    });
}

int show_one(const Visit& visit, const WaterfallWords& words) {
    return visit_database(visit, [&](store::Database& database) {
        return tell(visit, store::waterfall_run(database, words.asset, words.month), words.lines);
    });
}

int list(const Visit& visit, const WaterfallWords&) {
    return visit_database(visit, [&](store::Database& database) {
        const auto runs = store::waterfall_runs(database, "");
        if (!runs) return unavailable(visit, runs.error());
        for (const auto& run : *runs)
            visit.out << run.asset << " " << run.month << "  " << run.state << "  net " << run.result.net
                      << "  deficit " << run.result.deficit_carried_forward << "  proposed by "
                      << run.proposed_by << (run.approved_by.empty() ? "" : ", approved by ")
                      << run.approved_by << (run.ended_why.empty() ? "" : ": ") << run.ended_why << "\n";
        if (runs->empty()) visit.out << "No month was proposed yet.\n";
        return 0;
    });
}

int show_splits(const Visit& visit, const SplitWords&) {
    return visit_database(visit, [&](store::Database& database) {
        const auto all = store::splits(database);
        if (!all) return unavailable(visit, all.error());
        for (const auto& set : *all) {
            const auto& rule = set.split.rule;
            visit.out << "from " << set.split.from_month << "  holders " << rule.holders_basis_points
                      << "  reinvest " << rule.reinvest_basis_points << "  foundation "
                      << rule.foundation_basis_points << "  (by " << set.by << ")\n";
        }
        return 0;
    });
}

int set_split(const Visit& visit, const SplitWords& words) {
    if (!fleet::ledger::parse_month(words.month)) return failed(visit, "--from is a month as 2026-11");
    return visit_database(visit, [&](store::Database& database) {
        const auto refused = store::set_split(
            database, {{words.month, {words.holders, words.reinvest, words.foundation}}, words.by});
        if (!refused) return unavailable(visit, refused.error());
        if (!refused->empty()) return failed(visit, *refused);
        visit.out << "Months from " << words.month << " on are split this way.\n";
        return 0;
    });
}

void add_split(const CommandMaker& maker) {
    auto* split = maker.app.add_subcommand("split", "How what remains of a month is divided");
    split->require_subcommand(1);
    maker.visits<SplitWords>(*split->add_subcommand("show", "All splits, in the order they were set"),
                             show_splits);
    auto* set = split->add_subcommand("set", "A split for a month and those after it; basis points");
    const auto words = maker.visits<SplitWords>(*set, set_split);
    set->add_option("--from", words->month, "First month, as 2026-11; none of them posted")->required();
    set->add_option("--holders", words->holders, "3000 is 30 %")->required();
    set->add_option("--reinvest", words->reinvest, "5000 is 50 %")->required();
    set->add_option("--foundation", words->foundation, "2000 is 20 %")->required();
    set->add_option("--by", words->by, "Who says so")->required();
}

}  // namespace

void add_waterfall(const CommandMaker& maker) {
    auto* waterfall = maker.app.add_subcommand(
        "waterfall", "A month of own coin: cost first, then holders, reinvestment, foundation");
    waterfall->require_subcommand(1);
    const auto add = [&](const char* name, const char* help,
                         int (*run)(const Visit&, const WaterfallWords&)) {
        auto* command = waterfall->add_subcommand(name, help);
        const auto words = maker.visits<WaterfallWords>(*command, run);
        command->add_option("month", words->month, "As 2026-10")->required();
        command->add_option("--asset", words->asset, "Coin (BTC)");
        command->add_option("--lines", words->lines, "Holders shown (20)");
        return std::pair(command, words);
    };
    const auto add_step = [&](const char* name, const char* help,
                              int (*run)(const Visit&, const WaterfallWords&)) {
        const auto [command, words] = add(name, help, run);
        command->add_option("--by", words->by, "Who does it")->required();
        return std::pair(command, words);
    };
    add("preview", "What the month comes to; writes nothing", preview);
    add("show", "What was proposed, computed again from what is stored", show_one);
    add_step("propose", "Store the month with its hashes, and the holders on record at its end", propose);
    add_step("approve", "Agree; not the one who proposed it", step<store::approve_waterfall>);
    add_step("post", "Bring an approved month into the books", step<store::post_waterfall>);
    for (const auto& [name, help, run] :
         {std::tuple("withdraw", "Drop a month that is not posted", &step<store::withdraw_waterfall>),
          std::tuple("reverse", "Take a posted month back; later ones first",
                     &step<store::reverse_waterfall>)}) {
        const auto [command, words] = add_step(name, help, run);
        command->add_option("--why", words->why, "The reason")->required();
    }
    maker.visits<WaterfallWords>(*waterfall->add_subcommand("list", "All months of all coins"), list);
    add_split(maker);
}

}  // namespace server::commands

// `hashyard fund …`: what the waterfall put aside for machines and for the foundation. Short visits to the
// database, also beside a running server. Main thread.

#include <CLI/CLI.hpp>

#include "fleet/ledger/bill.h"
#include "server/commands/command_maker.h"
#include "server/commands/database_visit.h"
#include "server/store/funds.h"

namespace server::commands {

namespace {

struct FundWords {
    std::string asset = "BTC";
    std::string fund;
    std::string budget;
    std::string amount;
    std::string reference;
    std::string wallet = "main";
    std::string by;
    bool machines = false;
};

int tell(const Visit& visit, const store::Stored<std::string>& refused, const std::string& done) {
    if (!refused) return unavailable(visit, refused.error());
    if (!refused->empty()) return failed(visit, *refused);
    visit.out << done << "\n";
    return 0;
}

bool plain(const std::string& text) { return fleet::ledger::is_plain_text(text, 60); }

int set_budget(const Visit& visit, const FundWords& words) {
    const auto amount = fleet::ledger::parse_base_units(words.amount);
    if (!amount) return failed(visit, "the amount is a whole number of base units (satoshis)");
    if (!plain(words.budget)) return failed(visit, "a budget has a name of 1 to 60 bytes");
    return visit_database(visit, [&](store::Database& database) {
        return tell(visit,
                    store::set_budget(database, {words.asset, words.fund, words.budget, *amount, words.by}),
                    "Budget " + words.budget + " of the " + words.fund + " fund is " + words.amount + ".");
    });
}

int spend(const Visit& visit, const FundWords& words) {
    const auto amount = fleet::ledger::parse_base_units(words.amount);
    if (!amount || *amount == 0)
        return failed(visit, "the amount is a whole number of base units (satoshis) above zero");
    if (!fleet::ledger::is_plain_text(words.reference, 90))
        return failed(visit, "the reference has 1 to 90 bytes: an invoice or a txid");
    if (!plain(words.wallet)) return failed(visit, "the wallet has a name of 1 to 60 bytes");
    return visit_database(visit, [&](store::Database& database) {
        return tell(visit,
                    store::spend_fund(database,
                                      {words.asset, words.fund, words.budget, *amount, words.machines,
                                       words.wallet, words.reference, words.by},
                                      wall_us()),
                    "Booked: " + words.amount + " out of the " + words.fund + " fund.");
    });
}

int list(const Visit& visit, const FundWords&) {
    return visit_database(visit, [&](store::Database& database) {
        const auto all = store::funds(database);
        if (!all) return unavailable(visit, all.error());
        for (const auto& fund : *all) {
            visit.out << fund.asset << " " << fund.fund << "  " << fund.balance << "\n";
            for (const auto& budget : fund.budgets)
                visit.out << "  " << budget.name << "  spent " << budget.spent << " of " << budget.amount
                          << "\n";
        }
        if (all->empty()) visit.out << "The funds are empty: a posted month of the waterfall fills them.\n";
        return 0;
    });
}

}  // namespace

void add_fund(const CommandMaker& maker) {
    auto* fund = maker.app.add_subcommand("fund", "The reinvestment and the foundation fund");
    fund->require_subcommand(1);
    const auto add = [&](const char* name, const char* help, int (*run)(const Visit&, const FundWords&)) {
        auto* command = fund->add_subcommand(name, help);
        const auto words = maker.visits<FundWords>(*command, run);
        command->add_option("fund", words->fund, "reinvest or foundation")
            ->required()
            ->check(CLI::IsMember({"reinvest", "foundation"}));
        command->add_option("budget", words->budget, "What for: a name")->required();
        command->add_option("amount", words->amount, "Base units (satoshis)")->required();
        command->add_option("--asset", words->asset, "Coin (BTC)");
        command->add_option("--by", words->by, "Who says so")->required();
        return std::pair(command, words);
    };
    add("budget", "How much may be spent on something, in all", set_budget);
    const auto [command, words] = add("spend", "Book what was paid out of a fund", spend);
    command->add_option("--reference", words->reference, "Invoice or txid; once for each fund")->required();
    command->add_option("--wallet", words->wallet, "Paid from this wallet (main)");
    command->add_flag("--machines", words->machines, "Machines were bought, which stay in the books");
    maker.visits<FundWords>(*fund->add_subcommand("list", "Balances, budgets, and what was spent"), list);
}

}  // namespace server::commands

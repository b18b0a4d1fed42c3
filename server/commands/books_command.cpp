// `hashyard books …` and `hashyard user terms`: looking at the ledger, proving it, and saying who a user is
// to the books. Short visits to the database, also beside a running server. Main thread.

#include <CLI/CLI.hpp>

#include <chrono>
#include <iomanip>

#include "server/commands/command_maker.h"
#include "server/commands/database_visit.h"
#include "server/store/block_postings.h"
#include "server/store/ledger.h"
#include "server/store/ledger_check.h"

namespace server::commands {

namespace {

using fleet::ledger::Integer;
using fleet::ledger::UserTerms;

struct BalancesOptions {
    std::string asset;
    std::string party;
};

struct NoOptions {};

struct TermsOptions {
    std::string user;
    std::string role;
    std::string owner;
    std::string by;
    std::string from;
    int fee_basis_points = -1;
    unsigned donation_basis_points = 0;
};

int check_books(const Visit& visit, const NoOptions&) {
    return visit_database(visit, [&](store::Database& database) {
        const auto check = store::check_ledger(database);
        if (!check) return unavailable(visit, check.error());
        for (const auto& finding : check->findings)
            visit.out << finding.invariant << ": " << finding.text << "\n";
        if (check->findings.empty()) {
            visit.out << "The books are whole through transfer " << check->through_number
                      << ". Head of the chain: " << check->head << "\n";
            return 0;
        }
        visit.out << "Payouts are frozen. Mend what differs, check again, then lift the freeze.\n";
        return 1;
    });
}

// Debit balances are positive for assets and expenses, credit balances for the others.
std::string balance_of(const store::Balance& balance) {
    const bool debit_side = balance.account_class == "asset" || balance.account_class == "expense";
    const auto& more = debit_side ? balance.debits : balance.credits;
    const auto& less = debit_side ? balance.credits : balance.debits;
    return more >= less ? Integer(more - less).str() : "-" + Integer(less - more).str();
}

int show_balances(const Visit& visit, const BalancesOptions& options) {
    return visit_database(visit, [&](store::Database& database) {
        const auto balances = store::balances(database, options.asset, options.party);
        if (!balances) return unavailable(visit, balances.error());
        for (const auto& balance : *balances) {
            const auto& account = balance.account;
            visit.out << std::left << std::setw(6) << account.asset << std::setw(18) << account.purpose
                      << std::setw(44)
                      << (account.party + (account.detail.empty() ? "" : " " + account.detail)) << std::right
                      << std::setw(24) << balance_of(balance) << "\n";
        }
        if (balances->empty()) visit.out << "No account has moved yet.\n";
        return 0;
    });
}

// 00:00 UTC of a day written 2026-11-25; nullopt: it is none.
std::optional<std::int64_t> day_us(const std::string& text) {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    if (text.size() != 10 || std::sscanf(text.c_str(), "%4d-%2u-%2u", &year, &month, &day) != 3)
        return std::nullopt;
    const auto date = std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(month),
                                                  std::chrono::day(day));
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date).time_since_epoch().count() * 86'400'000'000LL;
}

int set_terms(const Visit& visit, const TermsOptions& options) {
    store::SetTerms terms;
    terms.user = options.user;
    terms.by = options.by;
    terms.valid_from_us = wall_us();
    if (!options.from.empty()) {
        const auto from = day_us(options.from);
        if (!from) return failed(visit, "--from must be a day as 2026-11-25; its 00:00 UTC counts");
        terms.valid_from_us = *from;
    }
    terms.terms.role = *fleet::ledger::parse_user_role(options.role);
    terms.terms.owner = options.owner;
    if (options.fee_basis_points >= 0)
        terms.terms.fee_basis_points = static_cast<unsigned>(options.fee_basis_points);
    terms.terms.donation_basis_points = options.donation_basis_points;
    if ((terms.terms.role == fleet::ledger::UserRole::consigned) == terms.terms.owner.empty())
        return failed(visit, "--owner names whose machines they are; it belongs to --role consigned alone");
    return visit_database(visit, [&](store::Database& database) {
        const auto refused = store::set_user_terms(database, terms);
        if (!refused) return unavailable(visit, refused.error());
        if (!refused->empty()) return failed(visit, *refused);
        visit.out << "Blocks whose job is issued from then on follow these terms.\n";
        return 0;
    });
}

int show_terms(const Visit& visit, const TermsOptions& options) {
    return visit_database(visit, [&](store::Database& database) {
        const auto all = store::user_terms(database, options.user);
        if (!all) return unavailable(visit, all.error());
        for (const auto& terms : *all) {
            visit.out << iso_time(terms.valid_from_us) << "  " << fleet::ledger::name_of(terms.terms.role);
            if (!terms.terms.owner.empty()) visit.out << " of " << terms.terms.owner;
            if (terms.terms.fee_basis_points) visit.out << ", fee " << *terms.terms.fee_basis_points << " bp";
            if (terms.terms.donation_basis_points != 0)
                visit.out << ", donates " << terms.terms.donation_basis_points << " bp";
            visit.out << " (set by " << terms.by << ")\n";
        }
        if (all->empty()) visit.out << "A participant who pays the pool's fee.\n";
        return 0;
    });
}

}  // namespace

void add_books(const CommandMaker& maker) {
    auto* books = maker.app.add_subcommand("books", "The ledger: balances and proof");
    books->require_subcommand(1);
    maker.visits<NoOptions>(
        *books->add_subcommand("check",
                               "Prove the books from their rows; exit code 1 when something differs"),
        check_books);
    auto* balances = books->add_subcommand("balances", "All accounts, in base units (satoshis, cents)");
    const auto filter = maker.visits<BalancesOptions>(*balances, show_balances);
    balances->add_option("--asset", filter->asset, "One asset only, as BTC");
    balances->add_option("--party", filter->party, "One party only, as user:NAME or owner:NAME");

    auto* terms = maker.app.add_subcommand("terms", "Who a user is to the books: role, fee, donation");
    terms->require_subcommand(1);
    auto* set = terms->add_subcommand("set", "New terms for blocks from now, or from a day on");
    const auto typed = maker.visits<TermsOptions>(*set, set_terms);
    set->add_option("user", typed->user, "Name or payout address")->required();
    set->add_option("--role", typed->role,
                    "participant: paid by the scheme; own: machines of the farm; consigned: an owner's")
        ->required()
        ->check(CLI::IsMember({"participant", "own", "consigned"}));
    set->add_option("--owner", typed->owner, "Whose machines they are (role consigned)");
    set->add_option("--fee-bp", typed->fee_basis_points, "Fee of this user in hundredths of a percent")
        ->check(CLI::Range(0, 10'000));
    set->add_option("--donation-bp", typed->donation_basis_points,
                    "Given to the pool, hundredths of a percent")
        ->check(CLI::Range(0, 10'000));
    set->add_option("--from", typed->from, "First day (UTC), as 2026-11-25; default: now");
    set->add_option("--by", typed->by, "Who says so")->required();
    auto* show = terms->add_subcommand("show", "All terms of a user, newest first");
    show->add_option("user", maker.visits<TermsOptions>(*show, show_terms)->user)->required();
}

}  // namespace server::commands

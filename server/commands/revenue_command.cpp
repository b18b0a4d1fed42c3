// `hashyard revenue …`: what the other business lines earned. Short visits to the database, also beside a
// running server. Main thread.

#include <CLI/CLI.hpp>

#include <algorithm>

#include "fleet/ledger/conversion.h"
#include "server/commands/command_maker.h"
#include "server/commands/database_visit.h"
#include "server/store/ledger.h"
#include "server/store/revenue.h"

namespace server::commands {

namespace {

struct AddWords {
    std::string reference;
    std::string line;
    std::string amount;
    std::string asset;
    std::string at;
    std::string bank = "main";
    std::string party;
    std::string memo;
    std::string by;
};

struct ListWords {
    std::string line;
    std::string asset;
    std::string from;
    std::string until;
    std::size_t most = 1000;
};

struct ReverseWords {
    std::string reference;
    std::string why;
    std::string by;
};

struct LineWords {
    std::string line;
    std::string title;
    std::string terms;
    std::string from;
    std::string by;
};

struct NoWords {};

int add(const Visit& visit, const AddWords& words) {
    store::Revenue revenue{words.reference, words.line, words.asset, 0,       wall_us(),
                           words.party,     words.bank, words.memo,  words.by};
    if (!words.party.empty()) revenue.bank.clear();
    const auto at_us = parse_when(words.at);
    if (!at_us) return failed(visit, "--at must be UTC, as 2026-11-25 or 2026-11-25T05:00Z");
    revenue.event_at_us = *at_us;
    return visit_database(visit, [&](store::Database& database) {
        const auto scale = scale_of(visit, database, words.asset);
        if (!scale) return 1;
        const auto amount = fleet::ledger::parse_amount(words.amount, *scale);
        if (!amount)
            return failed(visit, words.amount + " is no amount of " + words.asset + ": digits, at most " +
                                     std::to_string(*scale) + " behind the point");
        revenue.amount = *amount;
        const auto outcome = store::add_revenue(database, revenue, wall_us());
        if (!outcome) return unavailable(visit, outcome.error());
        if (!outcome->refused.empty()) return failed(visit, outcome->refused);
        visit.out << (outcome->changed ? "Booked.\n" : "It was booked already.\n");
        return 0;
    });
}

int list(const Visit& visit, const ListWords& words) {
    store::RevenueFilter filter{words.line, words.asset, 0, 0, words.most};
    for (const auto& [text, at_us] :
         {std::pair(&words.from, &filter.from_us), std::pair(&words.until, &filter.until_us)}) {
        if (text->empty()) continue;
        const auto parsed = parse_when(*text);
        if (!parsed) return failed(visit, *text + " must be UTC, as 2026-11-25");
        *at_us = *parsed;
    }
    return visit_database(visit, [&](store::Database& database) {
        const auto assets = store::assets(database);
        if (!assets) return unavailable(visit, assets.error());
        const auto all = store::list_revenue(database, filter);
        if (!all) return unavailable(visit, all.error());
        for (const auto& [revenue, reversed_by, why] : *all) {
            const auto asset = std::find_if(assets->begin(), assets->end(),
                                            [&](const auto& known) { return known.code == revenue.asset; });
            visit.out << iso_time(revenue.event_at_us) << "  " << revenue.line << "  "
                      << fleet::ledger::amount_text(revenue.amount, asset == assets->end() ? 0 : asset->scale)
                      << " " << revenue.asset << "  " << revenue.reference;
            if (!revenue.party.empty()) visit.out << "  owed by " << revenue.party;
            if (!reversed_by.empty()) visit.out << "  reversed by " << reversed_by << ": " << why;
            visit.out << "\n";
        }
        if (all->empty()) visit.out << "No such revenue is booked.\n";
        return 0;
    });
}

int reverse(const Visit& visit, const ReverseWords& words) {
    return visit_database(visit, [&](store::Database& database) {
        const auto outcome =
            store::reverse_revenue(database, words.reference, words.by, words.why, wall_us());
        if (!outcome) return unavailable(visit, outcome.error());
        if (!outcome->refused.empty()) return failed(visit, outcome->refused);
        visit.out << (outcome->changed ? "Reversed.\n" : "It was reversed already.\n");
        return 0;
    });
}

int lines(const Visit& visit, const NoWords&) {
    return visit_database(visit, [&](store::Database& database) {
        const auto all = store::business_lines(database, wall_us());
        if (!all) return unavailable(visit, all.error());
        for (const auto& line : *all)
            visit.out << line.line << "  " << line.title << "  " << line.terms << " since "
                      << iso_time(line.valid_from_us) << " (" << line.set_by << ")\n";
        return 0;
    });
}

int set_line(const Visit& visit, const LineWords& words) {
    const auto from = words.from.empty() ? wall_us() : parse_when(words.from);
    if (!from) return failed(visit, "--from must be a day as 2026-11-25; its 00:00 UTC counts");
    return visit_database(visit, [&](store::Database& database) {
        const auto refused =
            store::set_business_line(database, {words.line, words.title, words.terms, *from, words.by});
        if (!refused) return unavailable(visit, refused.error());
        if (!refused->empty()) return failed(visit, *refused);
        visit.out << "Revenue dated from then on follows these terms.\n";
        return 0;
    });
}

CLI::Validator matching(const char* what, const std::function<bool(const std::string&)>& good) {
    return CLI::Validator([=](std::string& text) { return good(text) ? std::string() : std::string(what); },
                          "TEXT");
}

bool is_line_name(const std::string& text) {
    return !text.empty() && text.size() <= 40 && text[0] >= 'a' && text[0] <= 'z' &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
}

bool is_party(const std::string& text) {
    const auto colon = text.find(':');
    const auto kind = text.substr(0, colon);
    return colon != std::string::npos && colon + 1 < text.size() && text.size() <= 160 &&
           (kind == "user" || kind == "holder" || kind == "owner" || kind == "supplier");
}

void add_line_commands(const CommandMaker& maker, CLI::App& revenue) {
    maker.visits<NoWords>(*revenue.add_subcommand("lines", "The lines and their terms today"), lines);
    auto* line = revenue.add_subcommand("line", "New terms of a line, or a new line");
    const auto terms = maker.visits<LineWords>(*line, set_line);
    line->add_option("line", terms->line, "As hosting")
        ->required()
        ->check(matching("small letters, digits and '_'; at most 40", is_line_name));
    line->add_option("--terms", terms->terms,
                     "buyback: counts towards buybacks; apart: does not; closed: takes no revenue")
        ->required()
        ->check(CLI::IsMember({"buyback", "apart", "closed"}));
    line->add_option("--title", terms->title, "Of a new line")
        ->check(CLI::Validator(
            [](std::string& text) { return text.size() > 100 ? std::string("at most 100 bytes") : ""; },
            "TEXT"));
    line->add_option("--from", terms->from, "First day (UTC), as 2026-11-25; default: now");
    line->add_option("--by", terms->by, "Who says so")->required();
}

}  // namespace

void add_revenue(const CommandMaker& maker) {
    auto* revenue = maker.app.add_subcommand("revenue", "What the other business lines earn");
    revenue->require_subcommand(1);
    auto* adding = revenue->add_subcommand("add", "Book an amount, once for its reference");
    const auto words = maker.visits<AddWords>(*adding, add);
    adding->add_option("reference", words->reference, "Invoice or bank's number, without blanks")
        ->required()
        ->check(matching("printable ASCII without blanks, at most 120 letters", [](const std::string& text) {
            return !text.empty() && text.size() <= 120 &&
                   std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
        }));
    adding->add_option("line", words->line, "As hosting; hashyard revenue lines names them")->required();
    adding->add_option("amount", words->amount, "As 1234.56")->required();
    adding->add_option("asset", words->asset, "The currency, as USD")->required();
    adding->add_option("--at", words->at, "When it was earned (UTC), as 2026-11-25")->required();
    adding->add_option("--bank", words->bank, "The bank account it came into (main)")
        ->check(matching("1 to 64 letters",
                         [](const std::string& text) { return !text.empty() && text.size() <= 64; }));
    adding->add_option("--owed-by", words->party, "Not paid yet: who owes it, as owner:NAME")
        ->check(matching("user:NAME, holder:NAME, owner:NAME or supplier:NAME", is_party));
    adding->add_option("--memo", words->memo, "A note")
        ->check(matching("at most 400 letters", [](const std::string& text) { return text.size() <= 400; }));
    adding->add_option("--by", words->by, "Who books it")->required();
    auto* listing = revenue->add_subcommand("list", "Booked revenue, newest first");
    const auto filter = maker.visits<ListWords>(*listing, list);
    listing->add_option("--line", filter->line, "One line only");
    listing->add_option("--asset", filter->asset, "One currency only");
    listing->add_option("--from", filter->from, "First day (UTC), as 2026-10-01");
    listing->add_option("--until", filter->until, "The same; not included");
    listing->add_option("--most", filter->most, "How many rows")->check(CLI::Range(1, 1'000'000));
    auto* reversing = revenue->add_subcommand("reverse", "Take a booking back by its mirror");
    const auto back = maker.visits<ReverseWords>(*reversing, reverse);
    reversing->add_option("reference", back->reference)->required();
    reversing->add_option("--why", back->why, "The reason")->required();
    reversing->add_option("--by", back->by, "Who says so")->required();
    add_line_commands(maker, *revenue);
}

}  // namespace server::commands

// `hashyard price …`: minute prices from a file, and what the books would take. Short visits to the database,
// also beside a running server. Main thread.

#include <CLI/CLI.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "fleet/ledger/price_file.h"
#include "server/commands/command_maker.h"
#include "server/commands/database_visit.h"
#include "server/store/prices.h"

namespace server::commands {

namespace {

struct ImportWords {
    std::string file;
    std::string source;
    bool dry_run = false;
};

struct ListWords {
    std::string asset;
    std::string quote;
    std::string venue;
    std::string from;
    std::string until;
    std::size_t most = 100;
};

struct AtWords {
    std::string asset;
    std::string quote;
    std::string at;
    std::vector<std::string> venues;
    std::int64_t age_max_minutes = 60;
};

std::optional<std::string> contents_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(in), {});
}

int import_file(const Visit& visit, const ImportWords& words) {
    std::error_code unknown;
    if (std::filesystem::file_size(words.file, unknown) > fleet::ledger::price_file_bytes_max && !unknown)
        return failed(visit, words.file + " is too large: at most 128 MiB; split it");
    const auto text = contents_of(words.file);
    if (!text) return failed(visit, words.file + " cannot be read");
    const auto file = fleet::ledger::parse_price_file(*text);
    const auto at_line = [&](std::size_t line) { return words.file + ":" + std::to_string(line) + ": "; };
    for (const auto& problem : file.problems)
        visit.error_out << at_line(problem.line) << problem.text << "\n";
    if (!file.problems.empty()) return failed(visit, "nothing was imported");
    const auto name = std::filesystem::path(words.file).filename().string().substr(0, 200);
    std::vector<store::PriceRow> rows;
    rows.reserve(file.lines.size());
    for (const auto& line : file.lines)
        rows.push_back({line.asset, line.quote, line.minute_us, line.venue, line.price,
                        words.source.empty() ? name : words.source, line.raw});
    const auto mode = words.dry_run ? store::PriceImportMode::try_only : store::PriceImportMode::store;
    return visit_database(visit, [&](store::Database& database) {
        const auto outcome = store::import_prices(database, rows, mode);
        if (!outcome) return unavailable(visit, outcome.error());
        for (const auto& refused : outcome->refused)
            visit.error_out << at_line(file.lines[refused.row].line) << refused.text << "\n";
        if (!outcome->refused.empty()) return failed(visit, "nothing was imported");
        visit.out << outcome->added << (words.dry_run ? " prices would be new, " : " prices are new, ")
                  << outcome->unchanged << " were there.\n";
        return 0;
    });
}

void show(const Visit& visit, const std::string& pair, const store::FoundPrice& found) {
    visit.out << iso_time(found.minute_us) << "  " << pair << "  " << fleet::ledger::text_of(found.price)
              << "  " << found.venue;
}

int list(const Visit& visit, const ListWords& words) {
    store::PriceFilter filter{words.asset, words.quote, words.venue, 0, 0, words.most};
    for (const auto& [text, at_us] :
         {std::pair(&words.from, &filter.from_us), {&words.until, &filter.until_us}}) {
        if (text->empty()) continue;
        const auto parsed = fleet::ledger::parse_utc(*text);
        if (!parsed) return failed(visit, *text + " must be UTC, as 2026-11-25T05:00Z");
        *at_us = *parsed;
    }
    return visit_database(visit, [&](store::Database& database) {
        const auto prices = store::list_prices(database, filter);
        if (!prices) return unavailable(visit, prices.error());
        for (const auto& price : *prices) {
            show(visit, price.asset + "/" + price.quote, price.found);
            visit.out << "  " << price.found.source << "  fetched " << price.fetched_at << "\n";
        }
        if (prices->empty()) visit.out << "No such price is stored: hashyard price import FILE.csv\n";
        return 0;
    });
}

int price_at(const Visit& visit, const AtWords& words) {
    const auto at_us = fleet::ledger::parse_utc(words.at);
    if (!at_us) return failed(visit, words.at + " must be UTC, as 2026-11-25T05:00:30Z");
    store::PriceQuery query{words.asset, words.quote, *at_us, words.venues,
                            words.age_max_minutes * fleet::ledger::minute_us};
    return visit_database(visit, [&](store::Database& database) {
        const auto found = store::price_at(database, query);
        if (!found) return unavailable(visit, found.error());
        if (!*found)
            return failed(visit, "no price in that minute or the " + std::to_string(words.age_max_minutes) +
                                     " before it: hashyard price import FILE.csv, or a longer --age-max");
        show(visit, words.asset + "/" + words.quote, **found);
        visit.out << ((*found)->fallback ? "  (an earlier minute)" : "") << "  sha256 " << (*found)->raw_hash
                  << "\n";
        return 0;
    });
}

}  // namespace

void add_price(const CommandMaker& maker) {
    auto* price = maker.app.add_subcommand("price", "Minute prices: import, list, look up");
    price->require_subcommand(1);
    auto* import = price->add_subcommand(
        "import", "All rows of a CSV file, or none: " + std::string(fleet::ledger::price_file_header));
    const auto file = maker.visits<ImportWords>(*import, import_file);
    import->add_option("file", file->file, "CSV, as BTC,USD,2026-11-25T05:00Z,kraken,69123.45")->required();
    import->add_option("--source", file->source, "Where the prices are from; default: the file's name")
        ->check(CLI::Validator(
            [](std::string& text) { return text.size() > 200 ? std::string("at most 200 bytes") : "";
}, "TEXT"));
import->add_flag("--dry-run", file->dry_run, "Check everything, store nothing");
auto* listing = price->add_subcommand("list", "Stored prices, newest first");
const auto filter = maker.visits<ListWords>(*listing, list);
listing->add_option("--asset", filter->asset, "As BTC");
listing->add_option("--quote", filter->quote, "As USD");
listing->add_option("--venue", filter->venue, "As kraken");
listing->add_option("--from", filter->from, "UTC, as 2026-11-25T05:00Z");
listing->add_option("--until", filter->until, "The same; not included");
listing->add_option("--most", filter->most, "How many rows")->check(CLI::Range(1, 100'000));
auto* at = price->add_subcommand("at", "The price the books take for an instant");
const auto asked = maker.visits<AtWords>(*at, price_at);
at->add_option("asset", asked->asset, "As BTC")->required();
at->add_option("quote", asked->quote, "As USD")->required();
at->add_option("time", asked->at, "UTC, as 2026-11-25T05:00:30Z")->required();
at->add_option("--venue", asked->venues, "In this order; default: all, by name");
at->add_option("--age-max", asked->age_max_minutes, "Minutes an earlier price may be old (60)")
    ->check(CLI::Range(0, 525'600));
}  // namespace server::commands

}  // namespace server::commands

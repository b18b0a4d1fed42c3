// `hashyard holder …`: who holds participation units. Short visits to the database, also beside a running
// server. Main thread.

#include <CLI/CLI.hpp>

#include <iomanip>

#include "fleet/ledger/calendar.h"
#include "server/commands/command_maker.h"
#include "server/commands/database_visit.h"
#include "server/commands/text_file.h"
#include "server/store/holders.h"

namespace server::commands {

namespace {

struct HolderWords {
    std::string holder;
    std::string coins;
    std::string from;
    std::string file;
    std::string at;
    std::string by;
    bool list = false;
};

// The instant a day names, now when none is given.
std::optional<std::int64_t> instant_of(const std::string& day) {
    return day.empty() ? wall_us() : fleet::ledger::parse_day(day);
}

int tell(const Visit& visit, const store::Stored<store::HoldersSet>& outcome) {
    if (!outcome) return unavailable(visit, outcome.error());
    if (!outcome->refused.empty()) return failed(visit, outcome->refused);
    visit.out << outcome->changed << " changed, " << outcome->unchanged << " as before.\n";
    return 0;
}

int set_one(const Visit& visit, const HolderWords& words, store::HolderMode mode) {
    const auto units = fleet::ledger::units_of_coins(words.coins);
    if (!units) return failed(visit, "--coins takes digits with at most 4 behind a point, as 2500 or 0.25");
    const auto from_us = instant_of(words.from);
    if (!from_us) return failed(visit, "--from must be a day as 2026-11-25; its 00:00 UTC counts");
    if (!fleet::ledger::is_plain_text(words.holder, fleet::ledger::holder_name_bytes_max))
        return failed(visit, "a holder is a name of 1 to 90 bytes without control characters");
    return visit_database(visit, [&](store::Database& database) {
        return tell(visit, store::set_holder(database, {words.holder, *units, *from_us}, mode, words.by));
    });
}

int add_one(const Visit& visit, const HolderWords& words) {
    return set_one(visit, words, store::HolderMode::add);
}

int change_one(const Visit& visit, const HolderWords& words) {
    return set_one(visit, words, store::HolderMode::set);
}

int import_file(const Visit& visit, const HolderWords& words) {
    const auto text = text_of_file(visit, words.file, fleet::ledger::csv_bytes_max);
    if (!text) return 1;
    auto file = fleet::ledger::parse_holder_file(*text);
    for (const auto& problem : file.problems)
        visit.error_out << words.file << ":" << problem.line << ": " << problem.text << "\n";
    if (!file.problems.empty()) return failed(visit, "nothing was imported");
    const auto now_us = wall_us();
    for (auto& change : file.changes)
        if (change.valid_from_us == 0) change.valid_from_us = now_us;
    return visit_database(visit, [&](store::Database& database) {
        return tell(visit, store::import_holders(database, file.changes, words.by));
    });
}

int list(const Visit& visit, const HolderWords& words) {
    const auto at_us = instant_of(words.at);
    if (!at_us) return failed(visit, "--at must be a day as 2026-11-25; its 00:00 UTC counts");
    return visit_database(visit, [&](store::Database& database) {
        const auto holders = store::holders_at(database, *at_us);
        if (!holders) return unavailable(visit, holders.error());
        for (const auto& holder : *holders)
            visit.out << std::setw(24) << fleet::ledger::coins_of_units(holder.units) << "  since "
                      << iso_time(holder.valid_from_us) << "  " << holder.holder << "\n";
        if (holders->empty()) visit.out << "Nobody holds units: hashyard holder add\n";
        return 0;
    });
}

int list_snapshots(const Visit& visit, store::Database& database) {
    const auto all = store::snapshots(database);
    if (!all) return unavailable(visit, all.error());
    for (const auto& snapshot : *all)
        visit.out << iso_time(snapshot.record_at_us) << "  " << snapshot.holders << " holders, "
                  << fleet::ledger::coins_of_units(snapshot.units) << " coins (by " << snapshot.made_by
                  << ")\n";
    if (all->empty()) visit.out << "No snapshot was taken yet.\n";
    return 0;
}

int snapshot(const Visit& visit, const HolderWords& words) {
    const auto at_us = instant_of(words.at);
    if (!at_us) return failed(visit, "--at must be a day as 2026-11-25; its 00:00 UTC counts");
    return visit_database(visit, [&](store::Database& database) {
        if (words.list) return list_snapshots(visit, database);
        if (words.by.empty()) return failed(visit, "--by is needed: who takes the snapshot");
        const auto taken = store::take_snapshot(database, *at_us, words.by, wall_us());
        if (!taken) return unavailable(visit, taken.error());
        if (!taken->refused.empty()) return failed(visit, taken->refused);
        visit.out << "On record at " << iso_time(taken->snapshot.record_at_us) << ": "
                  << taken->snapshot.holders << " holders, "
                  << fleet::ledger::coins_of_units(taken->snapshot.units) << " coins.\n";
        return 0;
    });
}

}  // namespace

void add_holder(const CommandMaker& maker) {
    auto* holder = maker.app.add_subcommand("holder", "Participation units: 10,000 coins make a masternode");
    holder->require_subcommand(1);
    const auto add_change = [&](const char* name, const char* help,
                                int (*run)(const Visit&, const HolderWords&)) {
        auto* command = holder->add_subcommand(name, help);
        const auto words = maker.visits<HolderWords>(*command, run);
        command->add_option("holder", words->holder, "Name")->required();
        command->add_option("--coins", words->coins, "Held from then on, as 2500 or 0.25; 0: left")
            ->required();
        command->add_option("--from", words->from, "First day (UTC), as 2026-11-25; default: now");
        command->add_option("--by", words->by, "Who says so")->required();
    };
    add_change("add", "A new holder", add_one);
    add_change("set", "What a holder holds from now, or from a day on", change_one);
    auto* import =
        holder->add_subcommand("import", "All rows of a CSV file, or none: holder,coins,valid_from");
    const auto file = maker.visits<HolderWords>(*import, import_file);
    import->add_option("file", file->file, "CSV; an empty valid_from is now")->required();
    import->add_option("--by", file->by, "Who says so")->required();
    auto* listing = holder->add_subcommand("list", "Holders by name, with coins");
    listing->add_option("--at", maker.visits<HolderWords>(*listing, list)->at,
                        "At 00:00 UTC of a day; default: now");
    auto* record =
        holder->add_subcommand("snapshot", "Put the holders of an instant on record, or list those");
    const auto words = maker.visits<HolderWords>(*record, snapshot);
    record->add_option("--at", words->at, "At 00:00 UTC of a day; default: now");
    record->add_option("--by", words->by, "Who takes it");
    record->add_flag("--list", words->list, "All snapshots, newest first");
}

}  // namespace server::commands

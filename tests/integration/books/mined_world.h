#pragma once
// A database with shares, blocks and their runs, as the importer leaves it, for the tests of the books.

#include <string>

#include "server/store/block_postings.h"
#include "server/store/blocks.h"
#include "server/store/ledger_check.h"
#include "tests/catch.h"
#include "tests/integration/import/import_world.h"

namespace integration {

using server::store::BlockState;

struct MinedWorld {
    FreshDatabase database;
    MemoryJournal journal = simple_journal(0, 300);  // alice and bob
    std::unique_ptr<Importer> importer;
    std::int64_t now_us = start_us + 3'600'000'000;

    BlockRecord find_block(int number) {
        const auto found_at_us = start_us + 400'000 + number * 1000;
        auto block = block_record(100, 2, found_at_us, start_us + 350'000);
        journal.add(block);
        return block;
    }
    void import() {
        if (!importer) importer = importer_over(*database, {&journal});
        REQUIRE(drain(*importer));
    }
    void tell(const BlockRecord& block, BlockState state, std::uint32_t confirmations = 1) {
        REQUIRE(importer->tell({"bitcoin", block.hash, state, confirmations, "node-a", "seen"}));
        REQUIRE(drain(*importer));
    }
    // Steps until the books stand where the chain does. Gives what was done: "immature mature".
    std::string post_all() {
        std::string done;
        for (int i = 0; i < 100; ++i) {
            const auto open = server::store::blocks_to_post(*database, 10).value();
            if (open.empty()) return done;
            for (const auto& block : open) {
                const auto posted = server::store::post_block(*database, block, "main", now_us).value();
                REQUIRE(posted.detail == "");
                done += (done.empty() ? "" : " ") + std::string(server::store::name_of(posted.kind));
            }
        }
        return "no end";
    }
    // "coinbase -316687321, user user:alice 5": credits less debits of all accounts that are not at zero.
    std::string balances() {
        return ask(*database,
                   "select coalesce(string_agg(concat_ws(' ', a.purpose, p.key, b.credits - b.debits), ', ' "
                   "order by "
                   "a.purpose, p.key), '') from balances b join accounts a on a.id = b.account left join "
                   "parties p on "
                   "p.id = a.party where b.credits <> b.debits");
    }
    std::string findings() {
        std::string text;
        for (const auto& finding : server::store::check_ledger(*database).value().findings)
            text += finding.invariant + ": " + finding.text + "\n";
        return text;
    }
};

}  // namespace integration

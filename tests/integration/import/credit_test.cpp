#include <random>

#include "fleet/ledger/settlement.h"
#include "fleet/ledger/window.h"
#include "server/store/payouts.h"
#include "server/store/transaction.h"
#include "tests/catch.h"
#include "tests/integration/import/import_world.h"

using namespace integration;
using fleet::ledger::Integer;
using server::store::BlockState;
using server::store::Database;

namespace {

server::store::BlockNews news_of(const stratum::Hash256& hash, BlockState state,
                                 std::uint32_t confirmations = 1) {
    return {"bitcoin", hash, state, confirmations, "node-a", "seen"};
}

std::string lines_of(Database& database) {
    return ask(database,
               "select string_agg(u.name || '=' || l.amount, ' ' order by u.name) from payout_lines l join "
               "users u on u.id = l.user_id");
}

// A share as the test remembers it, to compute the window a second way.
struct RawShare {
    std::string user;
    std::int64_t received_at_us = 0;
    stratum::Uint256 target;
    std::uint32_t nbits = 0;
};

Integer integer_of(const stratum::Uint256& value) { return Integer(value.decimal()); }

std::string expected_lines(const std::vector<RawShare>& log, std::int64_t frozen_at_us, unsigned factor,
                           const std::string& finder) {
    fleet::ledger::Window window(fleet::ledger::window_limit(factor));
    for (auto share = log.rbegin(); share != log.rend(); ++share) {
        if (share->received_at_us > frozen_at_us) continue;
        const auto network = network_facts_of(share->nbits).value();
        static_cast<void>(window
                              .add_share(share->user, integer_of(stratum::work_of_target(share->target)),
                                         network.hash_weight)
                              .value());
    }
    const auto settled = fleet::ledger::settle({.window_factor = factor},
                                               {"bitcoin", "", 316'687'321, finder}, window.weights());
    std::string out;
    for (const auto& line : settled.value().lines)
        out += (out.empty() ? "" : " ") + line.account + "=" + line.amount.str();
    return out;
}

}  // namespace

TEST_CASE("a block goes from submitted to mature, is credited once on the way, and its history stays") {
    FreshDatabase database;
    auto journal = simple_journal(0, 300);
    const auto block = block_record(100, 2, start_us + 400'000, start_us + 350'000);
    journal.add(block);
    std::vector<stratum::Hash256> imported;
    std::size_t lines = 0;
    const auto importer = importer_over(*database, {&journal}, quick_options(),
                                        {[&](const stratum::Hash256& hash) { imported.push_back(hash); },
                                         [&](const stratum::Hash256&, std::size_t count) { lines = count; }});
    // News may come before the journal's block does.
    REQUIRE(importer->tell(news_of(block.hash, BlockState::submitted, 0)));
    REQUIRE(drain(*importer));
    CHECK(imported == std::vector{block.hash});
    CHECK(server::store::open_blocks(*database).value() == std::vector{block.hash});
    CHECK(ask(*database, "select count(*) from payout_runs") == "0");
    REQUIRE(importer->tell(news_of(block.hash, BlockState::immature)));
    REQUIRE(drain(*importer));
    CHECK(lines == 2);
    CHECK(ask(*database, "select reward || ',' || fee || ',' || distributable from payout_runs") ==
          "316687321,3166873,313520448");
    CHECK(lines_of(*database).starts_with("alice="));
    REQUIRE(importer->tell(news_of(block.hash, BlockState::immature, 50)));
    REQUIRE(importer->tell(news_of(block.hash, BlockState::mature, 100)));
    REQUIRE(drain(*importer));
    CHECK(ask(*database, "select state || ',' || confirmations || ',' || position from blocks") ==
          "mature,100,301");
    CHECK(ask(*database, "select string_agg(state, ',' order by id) from block_events") ==
          "submitted,immature,mature");
    CHECK(ask(*database, "select count(*) from payout_runs") == "1");
    CHECK(server::store::open_blocks(*database).value().empty());
    const auto again = server::store::credit_block(*database, "bitcoin", block.hash).value();
    CHECK(again.kind == server::store::CreditOutcome::Kind::already);
}

TEST_CASE("an orphaned block is not credited") {
    FreshDatabase database;
    auto journal = simple_journal(0, 30);
    const auto block = block_record(100, 2, start_us + 400'000, start_us + 350'000);
    journal.add(block);
    const auto importer = importer_over(*database, {&journal});
    REQUIRE(importer->tell(news_of(block.hash, BlockState::orphaned, 0)));
    REQUIRE(drain(*importer));
    CHECK(ask(*database, "select state from blocks") == "orphaned");
    CHECK(ask(*database, "select count(*) from payout_runs") == "0");
}

TEST_CASE("the view is frozen when the winning job was issued: later shares earn nothing from this block") {
    FreshDatabase database;
    MemoryJournal journal;
    journal.add(worker_record(1, "early"));
    journal.add(worker_record(2, "late"));
    journal.add(job_record(100));
    journal.add(share_record(100, 1, start_us));
    journal.add(share_record(100, 1, start_us + 10));
    journal.add(share_record(100, 2, start_us + 11));
    const auto block = block_record(100, 2, start_us + 20, start_us + 10);
    journal.add(block);
    const auto importer = importer_over(*database, {&journal});
    REQUIRE(importer->tell(news_of(block.hash, BlockState::immature)));
    REQUIRE(drain(*importer));
    CHECK(lines_of(*database) == "early=313520448");
    CHECK(ask(*database,
              "select newest_position || ',' || oldest_position || ',' || coalesce(cut_weight, 0) from "
              "payout_runs") == "2,1,0");
}

TEST_CASE("the first block of a pool, with no share before its job, pays its finder") {
    FreshDatabase database;
    MemoryJournal journal;
    journal.add(worker_record(1, "finder"));
    journal.add(job_record(100));
    journal.add(share_record(100, 1, start_us + 5));
    const auto block = block_record(100, 1, start_us + 5, start_us);
    journal.add(block);
    const auto importer = importer_over(*database, {&journal});
    REQUIRE(importer->tell(news_of(block.hash, BlockState::immature)));
    REQUIRE(drain(*importer));
    CHECK(lines_of(*database) == "finder=313520448");
}

TEST_CASE("SOLO pays the finder whatever others mined") {
    FreshDatabase database;
    auto journal = simple_journal(0, 300);
    const auto block = block_record(100, 1, start_us + 400'000, start_us + 350'000);
    journal.add(block);
    auto options = quick_options();
    options.rule.scheme = fleet::ledger::Scheme::solo;
    const auto importer = importer_over(*database, {&journal}, options);
    REQUIRE(importer->tell(news_of(block.hash, BlockState::mature, 100)));
    REQUIRE(drain(*importer));
    CHECK(lines_of(*database) == "alice=313520448");
}

TEST_CASE("a block without a known worker is kept; with an empty window a person has to decide") {
    FreshDatabase database;
    MemoryJournal journal;
    journal.add(block_record(100, 0, start_us + 5, start_us));
    const auto hash = std::get<BlockRecord>(journal.records.back().record).hash;
    const auto importer = importer_over(*database, {&journal});
    REQUIRE(importer->tell(news_of(hash, BlockState::immature)));
    REQUIRE(drain(*importer));
    CHECK(ask(*database, "select count(*) from blocks where finder is null") == "1");
    CHECK(ask(*database, "select count(*) from payout_runs") == "0");
    CHECK(server::store::credit_block(*database, "bitcoin", hash).value().kind ==
          server::store::CreditOutcome::Kind::refused);
}

TEST_CASE("a window read from slices and edges equals the raw log's, wherever block and retargets lie") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 4; ++round) {
        FreshDatabase database;
        MemoryJournal journal;
        std::vector<RawShare> log;
        for (std::uint32_t user = 1; user <= 9; ++user)
            journal.add(worker_record(user, "user" + std::to_string(user)));
        std::uint64_t job = 100;
        std::uint32_t nbits = nbits_16;
        journal.add(job_record(job, nbits));
        std::vector<BlockRecord> blocks;
        auto now_us = start_us;
        for (int i = 0; i < 1500; ++i) {
            now_us += static_cast<std::int64_t>(random() % 1000);
            if (random() % 40 == 0) {
                nbits = nbits == nbits_1 ? nbits_16 : nbits_1;
                journal.add(job_record(++job, nbits));
            }
            const auto user = 1 + static_cast<std::uint32_t>(random() % 9);
            const auto target = share_target >> static_cast<int>(random() % 5);
            journal.add(share_record(job, user, now_us, target));
            log.push_back({"user" + std::to_string(user), now_us, target, nbits});
            if (random() % 300 == 0) {
                blocks.push_back(block_record(job, user, now_us,
                                              now_us - static_cast<std::int64_t>(random() % 60'000), nbits));
                journal.add(blocks.back());
            }
        }
        blocks.push_back(block_record(job, 1, now_us, now_us - 3000, nbits));
        journal.add(blocks.back());
        auto options = quick_options();
        options.rule.window_factor = 1 + static_cast<unsigned>(random() % 30);
        const auto importer = importer_over(*database, {&journal}, options);
        for (const auto& block : blocks) REQUIRE(importer->tell(news_of(block.hash, BlockState::immature)));
        REQUIRE(drain(*importer));
        CHECK(ask(*database, "select count(*) from payout_runs") == std::to_string(blocks.size()));
        for (const auto& block : blocks) {
            const auto lines = ask(*database,
                                   "select string_agg(u.name || '=' || l.amount, ' ' order by u.name) from "
                                   "payout_lines l join users u on u.id = "
                                   "l.user_id join payout_runs r on r.run = l.run where r.block_hash = '\\x" +
                                       stratum::to_hex(block.hash.bytes) + "'");
            CHECK(lines == expected_lines(log, block.job_issued_at_us, options.rule.window_factor,
                                          "user" + std::to_string(block.worker)));
        }
    }
}

TEST_CASE("a payout run that does not add up cannot be committed") {
    FreshDatabase database;
    auto journal = simple_journal(0, 3);
    const auto block = block_record(100, 2, start_us + 400'000, start_us + 350'000);
    journal.add(block);
    REQUIRE(drain(*importer_over(*database, {&journal})));
    CHECK_THROWS_WITH(
        server::store::transact(*database,
                                [&](pqxx::work& transaction) {
                                    transaction.exec(
                                        "insert into payout_runs (coin, block_hash, rule, reward, fee, "
                                        "distributable, window_limit, window_weight, "
                                        "frozen_at_us, input_hash, output_hash) select coin, hash, rule, 10, "
                                        "1, 9, 1, 1, 0, hash, hash from blocks");
                                }),
        Catch::Matchers::ContainsSubstring("pays 0 of 9"));
    CHECK(ask(*database, "select count(*) from payout_runs") == "0");
}

TEST_CASE("under solo the finder gets a block whole, whoever else sent shares") {
    FreshDatabase database;
    auto journal = simple_journal(0, 60);
    const auto block = block_record(100, 2, start_us + 400'000, start_us + 350'000);
    journal.add(block);
    auto options = quick_options();
    options.rule.scheme = fleet::ledger::Scheme::solo;
    const auto importer = importer_over(*database, {&journal}, options);
    REQUIRE(drain(*importer));
    REQUIRE(importer->tell(news_of(block.hash, BlockState::immature)));
    REQUIRE(drain(*importer));
    CHECK(lines_of(*database) == "bob=313520448");
    CHECK(ask(*database,
              "select k.rule ->> 'scheme' from payout_rules k join payout_runs r on r.rule = k.version") ==
          "solo");
}

#include "server/store/statistics.h"

#include "server/store/transaction.h"
#include "server/store/users.h"
#include "tests/catch.h"
#include "tests/integration/import/import_world.h"

#include <algorithm>
#include <map>

using namespace integration;
using namespace server::store;

namespace {

constexpr double share_work = 4295032833.0;

void run(Database& database, const std::string& sql) {
    REQUIRE(transact(database, [&](pqxx::work& transaction) { transaction.exec(sql); }));
}

}  // namespace

TEST_CASE("an empty database has statistics too") {
    FreshDatabase database;
    const auto pool = pool_statistics(*database, start_us).value();
    REQUIRE(pool.hashrate.size() == 3);
    CHECK(pool.hashrate[0].shares == 0);
    CHECK(!pool.round_effort);
    CHECK(pool.luck_blocks == 0);
    CHECK(!user_statistics(*database, "nobody", start_us).value());
    CHECK(worker_statistics(*database, "nobody", 10, start_us).value().empty());
    CHECK(blocks(*database, {}, 10).value().empty());
    CHECK(!block(*database, "not hex").value());
    CHECK(!payout_run(*database, std::string(64, '0')).value());
}

TEST_CASE(
    "hashrate is work over its span, for pool, user and worker, with the shares that say how sure it is") {
    FreshDatabase database;
    MemoryJournal journal;
    journal.add(worker_record(1, "alice", "one"));
    journal.add(worker_record(2, "alice", "two"));
    journal.add(worker_record(3, "bob", ""));
    journal.add(job_record(100));
    // An hour and a half of shares, one a second; alice.two stopped an hour ago.
    constexpr std::int64_t seconds = 5400;
    for (std::int64_t i = 0; i < seconds; ++i) {
        const std::uint32_t worker = i % 2 == 0 ? 1 : i < 1800 ? 2 : 3;
        journal.add(share_record(100, worker, start_us + i * 1'000'000));
    }
    REQUIRE(drain(*importer_over(*database, {&journal})));
    const auto now_us = start_us + seconds * 1'000'000;
    const auto pool = pool_statistics(*database, now_us).value();
    for (const auto& rate : pool.hashrate) {
        CHECK(rate.hashrate_hps ==
              Catch::Approx(static_cast<double>(rate.shares) * share_work / rate.window_s));
        CHECK(rate.shares == static_cast<std::uint64_t>(std::min(rate.window_s, 5400.0)));
    }
    CHECK(pool.hashrate[0].window_s >= 600);
    CHECK(pool.hashrate[0].window_s < 900);
    CHECK(pool.users_active == 2);
    CHECK(pool.workers_active == 2);
    CHECK(*pool.round_effort == Catch::Approx(seconds));  // share and network difficulty are both 1
    const auto alice = user_statistics(*database, "alice", now_us).value().value();
    CHECK(alice.kind == "address");
    CHECK(alice.workers == 2);
    CHECK(alice.hashrate[2].shares == 3600);
    const auto workers = worker_statistics(*database, "alice", 10, now_us).value();
    REQUIRE(workers.size() == 2);
    CHECK(workers[0].worker == "one");
    CHECK(workers[1].worker == "two");
    CHECK(workers[1].hashrate[0].shares == 0);
    CHECK(workers[1].hashrate[2].shares == 900);
    CHECK(*workers[0].last_share_at_us > *workers[1].last_share_at_us);
}

TEST_CASE("effort, luck, blocks and payout lines are told as they stand") {
    FreshDatabase database;
    auto journal = simple_journal(0, 20);
    const auto block_found = block_record(100, 2, start_us + 20'000, start_us + 19'500, nbits_16);
    journal.add(block_found);
    for (int i = 0; i < 8; ++i) journal.add(share_record(100, 1, start_us + 30'000 + i));
    const auto importer = importer_over(*database, {&journal});
    REQUIRE(importer->tell({"bitcoin", block_found.hash, BlockState::immature, 3, "n", ""}));
    REQUIRE(drain(*importer));
    const auto pool = pool_statistics(*database, start_us + 40'000).value();
    CHECK(*pool.round_effort == Catch::Approx(8));
    CHECK(*pool.round_started_at_us == block_found.found_at_us);
    CHECK(pool.luck_blocks == 1);
    CHECK(pool.luck == Catch::Approx(1.0 / 20));
    CHECK(pool.blocks == std::map<std::string, std::uint64_t>{{"immature", 1}});
    const auto rows = blocks(*database, {}, 10).value();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].hash == stratum::displayed(block_found.hash));
    CHECK(rows[0].user == "bob");
    CHECK(rows[0].effort == Catch::Approx(20));
    CHECK(rows[0].confirmations == 3);
    CHECK(blocks(*database, 7, 10).value().empty());
    CHECK(block(*database, rows[0].hash).value()->height == 7);
    const auto run = payout_run(*database, rows[0].hash).value().value();
    CHECK(run.scheme == "pplns");
    CHECK(run.window_ratio == Catch::Approx(1));
    REQUIRE(run.lines.size() == 2);
    CHECK(run.lines[0].amount_sats >= run.lines[1].amount_sats);
    CHECK(run.lines[0].amount_sats + run.lines[1].amount_sats + run.fee_sats == run.reward_sats);
    CHECK(user_statistics(*database, run.lines[0].user, start_us).value()->credited_sats ==
          run.lines[0].amount_sats);
}

TEST_CASE("rejects are counted by reason, with and without a worker") {
    FreshDatabase database;
    auto journal = simple_journal(0, 2);
    REQUIRE(drain(*importer_over(*database, {&journal})));
    const auto bucket = static_cast<std::int32_t>(start_us / 1'000'000 / interval_s);
    const WorkerDefinition alice{server::store::UserKind::address, "alice", "rig"};
    REQUIRE(record_rejects(*database, {{bucket, alice, "stale", 3}, {bucket, {}, "unauthorized", 1}}));
    REQUIRE(record_rejects(*database, {{bucket, alice, "stale", 2}, {bucket, {}, "unauthorized", 1}}));
    CHECK(pool_statistics(*database, start_us).value().rejects ==
          std::map<std::string, std::uint64_t>{{"stale", 5}, {"unauthorized", 2}});
    CHECK(user_statistics(*database, "alice", start_us).value()->rejects ==
          std::map<std::string, std::uint64_t>{{"stale", 5}});
}

TEST_CASE("registered names are added, found, changed and kept apart from addresses") {
    FreshDatabase database;
    CHECK(register_user(*database, "farm", "addr1").value() == AddUser::added);
    CHECK(register_user(*database, "farm", "addr1").value() == AddUser::unchanged);
    CHECK(register_user(*database, "farm", "addr2").value() == AddUser::address_changed);
    CHECK(find_user(*database, "farm").value()->payout_address == "addr2");
    CHECK(!find_user(*database, "other").value());
    auto journal = simple_journal(0, 2);
    REQUIRE(drain(*importer_over(*database, {&journal})));
    CHECK(register_user(*database, "alice", "addr3").value() == AddUser::is_address);
    REQUIRE(registered_users(*database).value().size() == 1);
}

TEST_CASE(
    "share partitions older than four windows go; slices stay; a block still to be credited holds them") {
    FreshDatabase database;
    REQUIRE(make_partitions(*database, 25'000'000));
    REQUIRE(make_partitions(*database, 1));
    const auto rule = payout_rule_version(*database, {}).value();
    const auto slice = [&](std::int64_t first, std::int64_t units) {
        run(*database,
            "insert into slices (coin, algorithm, first_position, last_position, shares, nbits, "
            "network_work, rule, work, "
            "weight, cumulative_weight, merkle_root, first_received_at_us, last_received_at_us) values "
            "('bitcoin', "
            "'sha256d', " +
                std::to_string(first) + ", " + std::to_string(first + 9) + ", 10, 1, 1, " +
                std::to_string(rule) + ", 1, 1, " + std::to_string(units) +
                " * 2::numeric ^ 112, sha256(''), 0, 0)");
    };
    slice(9'999'991, 10);  // ends the first partition
    slice(15'000'000, 50);
    const auto partitions = [&] {
        return ask(*database, "select count(*) from pg_inherits where inhparent = 'shares'::regclass");
    };
    CHECK(partitions() == "4");
    run(*database, "insert into share_totals values ('bitcoin', 'sha256d', 1, 1, 41 * 2::numeric ^ 112)");
    CHECK(drop_old_shares(*database, 8).value().empty());  // 41 - 32 is below the first slice's 10
    run(*database, "update share_totals set weight = 43 * 2::numeric ^ 112");
    const auto node = std::to_string(pool_node_id(*database, "n").value());
    REQUIRE(define_jobs(*database, static_cast<std::int16_t>(std::stoi(node)), {JobDefinition{}}));
    run(*database,
        "insert into blocks (coin, hash, algorithm, previous, height, nbits, network_work, "
        "coinbase_value_sats, "
        "fees_sats, pool_node, job, rule, found_at_us, job_issued_at_us, position, total_weight, "
        "round_weight) values "
        "('bitcoin', sha256('a'), 'sha256d', sha256(''), 1, 1, 1, 1, 0, " +
            node + ", 0, " + std::to_string(rule) + ", 0, 0, 1, 41 * 2::numeric ^ 112, 1)");
    CHECK(drop_old_shares(*database, 8).value().empty());
    run(*database, "update blocks set state = 'orphaned'");
    CHECK(drop_old_shares(*database, 8).value() == std::vector<std::string>{"shares_000000000001"});
    CHECK(partitions() == "3");
    CHECK(ask(*database, "select count(*) from slices") == "2");
}

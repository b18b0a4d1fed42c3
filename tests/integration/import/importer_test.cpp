#include "server/pool/importer.h"

#include <signal.h>

#include "server/store/transaction.h"
#include "tests/catch.h"
#include "tests/integration/import/import_world.h"

#include <thread>

using namespace integration;
using server::store::Database;
using server::store::transact;

namespace {

void run(Database& database, const std::string& sql) {
    REQUIRE(transact(database, [&](pqxx::work& transaction) { transaction.exec(sql); }));
}

}  // namespace

TEST_CASE("shares of two shards stand in PostgreSQL in the order they were received") {
    FreshDatabase database;
    auto even = simple_journal(0, 500);
    auto odd = simple_journal(1, 500, start_us + 500);
    const auto importer = importer_over(*database, {&even, &odd});
    REQUIRE(drain(*importer));
    CHECK(share_count(*database) == "1000,1000");
    CHECK(ask(*database, "select min(position) || ',' || max(position) from shares") == "1,1000");
    CHECK(ask(*database,
              "select count(*) from (select received_at_us - lag(received_at_us) over (order by position) as "
              "step "
              "from shares) s where step < 0") == "0");
    CHECK(ask(*database, "select string_agg(name, ',' order by name) from users") == "alice,bob");
    CHECK(ask(*database, "select count(*) from workers") == "2");
    CHECK(ask(*database, "select encode(proof, 'hex') from shares where position = 1") ==
          "0000000000000000feffffff04000000000000000000000000");
    CHECK(ask(*database,
              "select shares || ',' || work || ',' || (weight = work * floor(2::numeric ^ 112 / 4295032833)) "
              "from "
              "share_totals") == "1000,4295032833000,true");
    CHECK(ask(*database, "select sum(shares) || ',' || sum(work) from worker_intervals") ==
          "1000,4295032833000");
    CHECK(ask(*database, "select sum(shares) from pool_intervals") == "1000");
    CHECK(ask(*database, "select string_agg(sequence::text, ',' order by shard) from journal_positions") ==
          "503,503");
    CHECK(even.imported == even.written());
    CHECK(importer->lag_records() == 0);
    CHECK(importer->shares_imported() == 1000);
}

TEST_CASE("a shard with a backlog is merged by time with one that has none") {
    FreshDatabase database;
    auto busy = simple_journal(0, 2000);
    auto calm = simple_journal(1, 20, start_us + 50);
    for (auto& record : calm.records)
        if (auto* share = std::get_if<ShareRecord>(&record.record))
            share->received_at_us = start_us + (share->received_at_us - start_us) * 100;
    auto options = quick_options();
    options.records_max = 100;
    const auto importer = importer_over(*database, {&busy, &calm}, options);
    REQUIRE(drain(*importer));
    CHECK(share_count(*database) == "2020,2020");
    CHECK(ask(*database,
              "select count(*) from (select received_at_us - lag(received_at_us) over (order by position) as "
              "step "
              "from shares) s where step < 0") == "0");
}

TEST_CASE("nothing behind the synced watermark is imported") {
    FreshDatabase database;
    auto journal = simple_journal(0, 100);
    journal.synced = 53;
    const auto importer = importer_over(*database, {&journal});
    while (importer->step() == Importer::Step::imported) {
    }
    CHECK(share_count(*database) == "50,50");
    CHECK(importer->lag_records() == 50);
    journal.synced = ~0ULL;
    REQUIRE(drain(*importer));
    CHECK(share_count(*database) == "100,100");
}

TEST_CASE("an importer that died between batches is followed by one that goes on") {
    FreshDatabase database;
    auto journal = simple_journal(0, 1000);
    auto options = quick_options();
    options.records_max = 90;
    for (int life = 0; life < 5; ++life) {
        const auto importer = importer_over(*database, {&journal}, options);
        CHECK(importer->step() == Importer::Step::imported);
        CHECK(importer->step() == Importer::Step::imported);
    }
    REQUIRE(drain(*importer_over(*database, {&journal}, options)));
    CHECK(share_count(*database) == "1000,1000");
    CHECK(ask(*database, "select sum(shares) from worker_intervals") == "1000");
}

TEST_CASE("a batch that is cut off at its last statement stands not at all, and then once") {
    FreshDatabase database;
    auto journal = simple_journal(0, 300);
    run(*database,
        "create function cut() returns trigger language plpgsql as $$ begin raise exception 'cut' using "
        "errcode = "
        "'admin_shutdown'; end $$; create trigger cut before insert on journal_positions execute function "
        "cut()");
    const auto importer = importer_over(*database, {&journal});
    CHECK(importer->step() == Importer::Step::unavailable);
    CHECK(!importer->database_available());
    CHECK(share_count(*database) == "0,0");
    CHECK(ask(*database, "select next_position from share_positions") == "1");
    CHECK(ask(*database, "select count(*) from worker_intervals") == "0");
    run(*database, "drop trigger cut on journal_positions");
    REQUIRE(drain(*importer));
    CHECK(importer->database_available());
    CHECK(share_count(*database) == "300,300");
    CHECK(ask(*database, "select sum(shares) from worker_intervals") == "300");
}

TEST_CASE("of two importers over one database the slower begins again; nothing comes twice") {
    FreshDatabase database;
    auto journal = simple_journal(0, 1000);
    auto options = quick_options();
    options.records_max = 100;
    const auto first = importer_over(*database, {&journal}, options);
    const auto second = importer_over(*database, {&journal}, options);
    for (int i = 0; i < 8; ++i) {
        CHECK(first->step() != Importer::Step::unavailable);
        CHECK(second->step() != Importer::Step::unavailable);
    }
    REQUIRE(drain(*first));
    CHECK(share_count(*database) == "1000,1000");
}

TEST_CASE("PostgreSQL killed and started again in the middle: every share arrives exactly once") {
    TemporaryFolder folder;
    auto cluster = server::store::EmbeddedCluster::start({.data_dir = folder.path(), .user = {}}).value();
    Database database(cluster->url());
    REQUIRE(server::store::migrate(database).value().refused.empty());
    auto journal = simple_journal(0, 20'000);
    auto options = quick_options();
    options.records_max = 1'500;
    const auto importer = importer_over(database, {&journal}, options);
    for (int outage = 0; outage < 3; ++outage) {
        CHECK(importer->step() == Importer::Step::imported);
        CHECK(importer->step() == Importer::Step::imported);
        if (outage == 1) {
            cluster->stop();
        } else {
            kill(cluster->process(), SIGKILL);
            for (int i = 0; i < 1000 && !cluster->ended(); ++i)
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        CHECK(importer->step() == Importer::Step::unavailable);
        CHECK(importer->step() == Importer::Step::unavailable);
        CHECK(importer->lag_records() > 0);
        REQUIRE(cluster->restart());
    }
    REQUIRE(drain(*importer));
    CHECK(share_count(database) == "20000,20000");
    CHECK(ask(database,
              "select sum(shares) || ',' || (select shares from share_totals) from worker_intervals") ==
          "20000,20000");
}

TEST_CASE("the importer's thread imports while it runs and drains when it stops") {
    FreshDatabase database;
    auto journal = simple_journal(0, 5'000);
    auto options = quick_options();
    options.records_max = 500;
    auto importer = importer_over(*database, {&journal}, options);
    importer->start();
    importer->stop(std::chrono::seconds(20));
    CHECK(share_count(*database) == "5000,5000");
}

TEST_CASE("names that PostgreSQL would refuse are cleaned and do not stop the import") {
    FreshDatabase database;
    MemoryJournal journal;
    journal.add(worker_record(1, std::string("a\0b", 3), "r\xff\xc0\xaf"));
    journal.add(worker_record(2, "caf\xc3\xa9 \"{\\}\",null", "\xf0\x9f\xa6\x8a\xed\xa0\x80"));
    journal.add(worker_record(3, "", ""));
    journal.add(job_record(100));
    for (std::uint32_t worker = 1; worker <= 3; ++worker)
        journal.add(share_record(100, worker, start_us + worker));
    REQUIRE(drain(*importer_over(*database, {&journal})));
    CHECK(share_count(*database) == "3,3");
    CHECK(ask(*database, "select string_agg(name, '|' order by name) from users") ==
          "?|a?b|caf\xc3\xa9 \"{\\}\",null");
    CHECK(ask(*database, "select string_agg(name, '|' order by name) from workers") ==
          "|r???|\xf0\x9f\xa6\x8a???");
}

TEST_CASE("a share whose worker or job nobody defined is counted as unusable, and the rest goes on") {
    FreshDatabase database;
    auto journal = simple_journal(0, 10);
    journal.add(share_record(100, 99, start_us + 50'000));
    journal.add(share_record(999, 1, start_us + 50'001));
    journal.add(share_record(100, 1, start_us + 50'002));
    const auto importer = importer_over(*database, {&journal});
    REQUIRE(drain(*importer));
    CHECK(share_count(*database) == "11,11");
    CHECK(importer->records_unusable() == 2);
}

TEST_CASE("a new journal under an old database begins anew") {
    FreshDatabase database;
    auto journal = simple_journal(0, 100);
    REQUIRE(drain(*importer_over(*database, {&journal})));
    auto fresh = simple_journal(0, 40, start_us + 10'000'000);
    auto options = quick_options();
    options.journal = 78;
    REQUIRE(drain(*importer_over(*database, {&fresh}, options)));
    CHECK(ask(*database, "select count(*) || ',' || max(position) from shares") == "140,140");
}

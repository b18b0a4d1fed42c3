// Quarterly buybacks in a real PostgreSQL: two persons, whole revenue, bounded by the reserve.

#include <thread>

#include "tests/integration/books/revenue_world.h"

using namespace integration;

namespace {

const std::string booked_revenue =
    "bank main -133765433, revenue entrusted_mining 123456789, revenue hosting 432101, revenue "
    "machine_sales_repair 9876543";
const std::string with_reserve =
    "bank main -133765433, buyback_reserve 40129629, retained entrusted_mining -37037036, retained hosting "
    "-129630, "
    "retained machine_sales_repair -2962963, revenue entrusted_mining 123456789, revenue hosting 432101, "
    "revenue "
    "machine_sales_repair 9876543";

}  // namespace

TEST_CASE("a quarter's run is proposed, approved by another, posted once and taken back") {
    RevenueWorld world;
    world.add_worked_example();
    const auto seen =
        server::store::preview_buyback(*world.database, world.quarter, "USD", world.now_us).value();
    CHECK(seen.refused == "");
    CHECK(seen.buyback.amount == 40'129'629);
    CHECK(seen.transfers == 3);
    const auto run = world.propose();
    REQUIRE(run != 0);
    CHECK(world.post(run) == "a second person has to approve it first");
    CHECK(world.balances() == booked_revenue);
    CHECK(world.approve(run, "eva") == "who proposed a run cannot approve it: a second person has to");
    CHECK(world.approve(run, " EVA ") == "who proposed a run cannot approve it: a second person has to");
    CHECK(world.approve(run) == "done");
    CHECK(world.approve(run) == "was so");
    CHECK(world.findings() == "");
    CHECK(world.post(run) == "done");
    CHECK(world.post(run) == "was so");
    CHECK(world.balances() == with_reserve);
    CHECK(ask(*world.database, "select distinct period from transfers where source_kind = 'buyback'") ==
          "2026-09");
    CHECK(world.findings() == "");
    CHECK(world.end(run) == "done");
    CHECK(world.end(run) == "was so");
    CHECK(world.balances() == booked_revenue);
    CHECK(world.findings() == "");
    CHECK(world.posted_run() != run);
    CHECK(world.balances() == with_reserve);
    CHECK(world.findings() == "");
}

TEST_CASE("a run waits for its quarter's end and for the quarter before, and stands once") {
    RevenueWorld world;
    world.add_worked_example();
    REQUIRE(world.add(world.revenue("inv-0", "hosting", 1000, "2026-04-01T00:00Z")) == "booked");
    world.now_us = world.quarter.until_us - 1;
    CHECK(world.propose() == 0);
    CHECK(world.refused == "2026-Q3 is not over yet");
    world.now_us += 1;
    CHECK(world.propose() == 0);
    CHECK(world.refused == "propose 2026-Q2 first");
    CHECK(world.propose("2026-Q2") != 0);
    const auto run = world.propose();
    CHECK(run != 0);
    CHECK(world.propose() == 0);
    CHECK(world.refused == "2026-Q3 has a run in USD already: hashyard buyback list");
    CHECK(world.propose("2026-Q1") == 0);
    CHECK(world.refused == "there is nothing to buy back in USD; the next quarter counts it");
    CHECK(world.approve(99) == "there is no buyback run 99");
    CHECK(world.approve(0) == "there is no buyback run 0");
    CHECK(world.end(run) == "done");
    CHECK(world.approve(run) == "the run is withdrawn");
    CHECK(world.post(run) == "the run is withdrawn");
    CHECK(world.balances() ==
          "bank main -133766433, revenue entrusted_mining 123456789, revenue hosting 433101, "
          "revenue machine_sales_repair 9876543");
}

TEST_CASE("what is booked late or taken back after the run counts in the next quarter's, once") {
    RevenueWorld world;
    world.add_worked_example();
    world.posted_run();
    REQUIRE(world.add(world.revenue("late", "hosting", 1000, "2026-07-01T00:00Z")) == "booked");
    REQUIRE(world.add(world.revenue("inv-9", "trading", 900'000, "2026-11-01T00:00Z")) == "booked");
    REQUIRE(world.take_back("inv-3") == "reversed");
    world.now_us = utc("2027-01-02T00:00Z");
    const auto next = fleet::ledger::parse_quarter("2026-Q4").value();
    const auto seen = server::store::preview_buyback(*world.database, next, "USD", world.now_us).value();
    CHECK(seen.transfers == 3);
    CHECK(seen.late == 1);
    CHECK(seen.buyback.total == 1000 + 900'000 - 432'101);
    world.posted_run("2026-Q4");
    CHECK(ask(*world.database, "select sum(amount) from transfers where code = 'buyback'") ==
          std::to_string(40'129'629 + (1000 + 900'000 - 432'101) * 3 / 10));
    CHECK(world.findings() == "");
}

TEST_CASE("terms of a line and the percentage hold from their dates on") {
    RevenueWorld world;
    world.add_worked_example();
    using server::store::set_business_line;
    REQUIRE(set_business_line(*world.database, {"hosting", "", "apart", utc("2026-09-01T00:00Z"), "eva"})
                .value() == "");
    REQUIRE(world.add(world.revenue("inv-4", "hosting", 777, "2026-09-01T00:00Z")) == "booked");
    REQUIRE(world.take_back("inv-3") == "reversed");
    using server::store::set_buyback_rule;
    CHECK(set_buyback_rule(*world.database, {utc("2026-08-01T00:00Z"), 5000, "eva"}).value() == "");
    CHECK(set_buyback_rule(*world.database, {utc("2026-08-01T00:00Z"), 4000, "eva"}).value() != "");
    auto seen = server::store::preview_buyback(*world.database, world.quarter, "USD", world.now_us).value();
    CHECK(seen.basis_points == 3000);
    CHECK(seen.buyback.total == 123'456'789 + 9'876'543 + 432'101);  // the reversal is dated in October
    CHECK(seen.transfers == 3);
    world.posted_run();
    world.now_us = utc("2027-01-02T00:00Z");
    const auto next = fleet::ledger::parse_quarter("2026-Q4").value();
    seen = server::store::preview_buyback(*world.database, next, "USD", world.now_us).value();
    CHECK(seen.basis_points == 5000);
    CHECK(seen.buyback.amount == 0);  // only the reversal: of revenue that counted, so it counts
    CHECK(seen.transfers == 1);
    CHECK(seen.refused == "there is nothing to buy back in USD; the next quarter counts it");
}

TEST_CASE("coins are bought with the reserve, as far as it reaches, and the exchange can be undone") {
    RevenueWorld world;
    world.add_worked_example();
    CHECK(world.execute(world.execution()) == "the reserve holds 0 of the 3457172 base units of USD");
    const auto run = world.posted_run();
    CHECK(world.execute(world.execution()) == "booked");
    CHECK(world.execute(world.execution()) == "there");
    CHECK(world.balances("BTC") == "conversion 50000000, wallet buyback -50000000");
    CHECK(world.balances().find(
              "bank main -130308261, buyback_reserve 36672457, conversion -3456172, operating "
              "buyback -1000, retained bought_back 3457172") == 0);
    CHECK(world.findings() == "");
    CHECK(world.end(run) == "an account would fall below zero");
    auto other = world.execution();
    other.fee = 0;
    CHECK(world.execute(other) == "reference trade-1 stands with another content");
    other = world.execution("trade-2");
    other.paid += 5;
    CHECK(world.execute(other) == "quantity times price is not what was paid; a fee stands apart");
    other = world.execution("trade-3");
    other.quantity = 600'000'000;
    other.paid = 41'474'070;
    CHECK(world.execute(other) == "the reserve holds 36672457 of the 41475070 base units of USD");
    other.coin = "GOLD";
    CHECK(world.execute(other) == "the ledger has no asset GOLD");
    CHECK(world.undo("trade-9") == "no execution is booked under trade-9");
    CHECK(world.undo("trade-1") == "reversed");
    CHECK(world.undo("trade-1") == "there");
    CHECK(world.balances() == with_reserve);
    CHECK(world.balances("BTC") == "");
    CHECK(world.findings() == "");
    CHECK(world.end(run) == "done");
}

TEST_CASE("two people who press at once propose and post one run") {
    RevenueWorld world;
    world.add_worked_example();
    std::int64_t other_run = 0;
    std::thread other([&] {
        other_run = server::store::propose_buyback(*world.database, world.quarter, "USD", "eva", world.now_us)
                        .value()
                        .run;
    });
    const auto run = world.propose();
    other.join();
    CHECK((run == 0) != (other_run == 0));
    REQUIRE(world.approve(run + other_run) == "done");
    std::thread poster([&] {
        static_cast<void>(
            server::store::post_buyback(*world.database, run + other_run, world.now_us).value());
    });
    static_cast<void>(world.post(run + other_run));
    poster.join();
    CHECK(world.balances() == with_reserve);
}

TEST_CASE("the database itself holds two persons, the order of states and what was proposed") {
    RevenueWorld world;
    world.add_worked_example();
    const auto run = world.propose();
    REQUIRE(run != 0);
    const auto refuses = [&](const std::string& sql, const std::string& why) {
        INFO(sql);
        CHECK(world.refusal_of(sql).find(why) != std::string::npos);
    };
    refuses("update buyback_runs set state = 'posted', approved_by = 'adam', approved_at = now()",
            "does not go from");
    refuses("update buyback_runs set state = 'approved'", "check constraint");
    refuses("update buyback_runs set state = 'approved', approved_by = 'eva', approved_at = now()",
            "two_persons");
    refuses("update buyback_runs set amount = 1, state = 'withdrawn', ended_by = 'x', ended_why = 'x'",
            "never changes");
    refuses("delete from buyback_runs", "stays");
    refuses("truncate buyback_runs cascade", "append-only");
    refuses("update buyback_lines set amount = 1", "append-only");
    refuses("delete from buyback_covers", "append-only");
    refuses("insert into buyback_covers (run, transfer) select run, transfer from buyback_covers",
            "duplicate key");
    refuses(
        "insert into buyback_runs (quarter, asset, basis_points, amount, input_hash, output_hash, "
        "proposed_by, "
        "approved_by, approved_at, state) values ('2025-Q1', 'USD', 1, 1, sha256(''), sha256(''), 'a', 'b', "
        "now(), 'approved')",
        "starts proposed");
    REQUIRE(world.approve(run) == "done");
    refuses("update buyback_runs set state = 'posted', approved_by = 'mallory'", "never changes");
}

TEST_CASE("a run or execution that does not stand as it says is found under buybacks and freezes payouts") {
    const std::string cases[] = {
        "update buyback_lines set amount = amount + 1 where line = 'hosting'",
        "update buyback_lines set earned = earned + 1 where line = 'hosting'",
        "update buyback_runs set amount = amount + 1",
        "update buyback_runs set basis_points = 3001",
        "update buyback_runs set state = 'reversed', ended_by = 'x', ended_why = 'x'",
        "update buyback_runs set input_hash = sha256('x')",
        "update buyback_runs set output_hash = sha256('x')",
        "delete from buyback_covers where transfer = (select id from transfers where source_id = 'inv-3')",
        "update buyback_covers set active = false",
        "delete from buyback_lines; delete from buyback_covers; delete from buyback_runs",
        "update buyback_executions set quantity = quantity + 1",
        "update buyback_executions set fee = 0",
        "insert into buyback_execution_reversals (reference, why, reversed_by) values ('trade-1', 'x', 'x')",
        "delete from buyback_executions",
    };
    for (const auto& sql : cases) {
        INFO(sql);
        RevenueWorld world;
        world.add_worked_example();
        world.posted_run();
        REQUIRE(world.execute(world.execution()) == "booked");
        REQUIRE(world.findings() == "");
        world.damage(sql);
        CHECK(world.findings().find("buybacks: ") == 0);
        CHECK(server::store::active_freezes(*world.database).value().size() == 1);
    }
}

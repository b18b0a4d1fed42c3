// Months of the waterfall against a real PostgreSQL.

#include <thread>

#include "server/store/funds.h"
#include "server/store/splits.h"
#include "tests/integration/books/farm_world.h"

using namespace integration;
using namespace server::store;

namespace {

const std::string october_books =
    "cost_cover 126808370, foundation_fund 38138326, holder holder:a 34317630, holder holder:b 11427771, "
    "holder holder:c 11427771, holder holder:d 34317, mining 317500000, reinvest_fund 95345815, retained "
    "-317500000, wallet -317500000";

std::int64_t rows_of(FarmWorld& world) {
    return std::stoll(ask(*world.database,
                          "select (select count(*) from waterfall_runs) + (select count(*) from "
                          "holder_snapshots) + (select count(*) from transfers)"));
}

WaterfallOutcome preview(FarmWorld& world, const std::string& month) {
    return preview_waterfall(*world.database, "BTC", month, world.now_us).value();
}

}  // namespace

TEST_CASE("the founding paper's month goes from own coin and a bill in dollars to holders and funds") {
    FarmWorld world;
    world.whitepaper_october();
    const auto before = rows_of(world);
    const auto seen = preview(world, "2026-10");
    REQUIRE(seen.refused == "");
    CHECK(seen.run.result.electricity == 126'808'370);
    CHECK(seen.run.result.net == 190'691'630);
    CHECK(rows_of(world) == before);  // a preview writes nothing
    REQUIRE(world.propose("2026-10") == "");
    CHECK(world.post_month("2026-10") == "2026-10 is proposed, so it cannot become posted");
    REQUIRE(world.approve("2026-10") == "");
    REQUIRE(world.post_month("2026-10") == "");
    CHECK(world.balances() == october_books);
    const auto shown = waterfall_run(*world.database, "BTC", "2026-10").value();
    CHECK(shown.refused == "");
    CHECK(shown.run.input_hash == seen.run.input_hash);
    CHECK(shown.run.output_hash == seen.run.output_hash);
    CHECK(shown.run.result.lines.size() == 4);
    CHECK(shown.run.costs[0].evidence.find("6912345/10^2 kraken") != std::string::npos);
    CHECK(ask(*world.database, "select distinct period from transfers where source_kind = 'waterfall'") ==
          "2026-10");
    CHECK(world.findings() == "");
}

TEST_CASE("every step may come twice, and the one who proposed cannot approve") {
    FarmWorld world;
    world.whitepaper_october();
    CHECK(world.approve("2026-10").find("hashyard waterfall propose") != std::string::npos);
    CHECK(world.propose("2026-10") == "");
    CHECK(world.propose("2026-10") == "");
    CHECK(world.propose("2026-10", "ivo").find("post it or withdraw it") != std::string::npos);
    CHECK(ask(*world.database, "select count(*) from waterfall_runs") == "1");
    CHECK(world.approve("2026-10", "eva").find("somebody else") != std::string::npos);
    CHECK(world.approve("2026-10", "EVA ").find("two_persons") != std::string::npos);
    CHECK(world
              .refusal_of("update waterfall_runs set state = 'approved', approved_by = 'eva', "
                          "approved_at_us = 1")
              .find("two_persons") != std::string::npos);
    CHECK(world.refusal_of("update waterfall_runs set state = 'posted'") != "");
    CHECK(world.refusal_of("update waterfall_runs set mined = mined + 1").find("withdraw it") !=
          std::string::npos);
    CHECK(world.approve("2026-10") == "");
    CHECK(world.approve("2026-10") == "");
    CHECK(world.approve("2026-10", "uma").find("already") != std::string::npos);
    CHECK(world.post_month("2026-10") == "");
    CHECK(world.post_month("2026-10") == "");
    CHECK(world.balances() == october_books);
    CHECK(world.propose("2026-10").find("the next month is 2026-11") != std::string::npos);
    CHECK(world.findings() == "");
}

TEST_CASE("two who post at once post once") {
    FarmWorld world;
    world.whitepaper_october();
    REQUIRE(world.propose("2026-10") == "");
    REQUIRE(world.approve("2026-10") == "");
    const auto post = [&] {
        for (int i = 0; i < 5; ++i)
            static_cast<void>(
                post_waterfall(*world.database, {"BTC", "2026-10", "ivo"}, world.now_us).value());
    };
    std::thread other(post);
    post();
    other.join();
    CHECK(world.balances() == october_books);
    CHECK(world.findings() == "");
}

TEST_CASE("a step that breaks off at any of its statements leaves nothing behind, and works the next time") {
    using Writes = std::vector<std::pair<std::string, std::string>>;
    const Writes proposing{{"holder_snapshots", "insert"},
                           {"holder_snapshot_lines", "insert"},
                           {"waterfall_runs", "insert"},
                           {"waterfall_costs", "insert"},
                           {"waterfall_lines", "insert"}};
    const Writes booking{{"waterfall_runs", "update"}, {"waterfall_costs", "update"},
                         {"transfers", "insert"},      {"transfer_hashes", "insert"},
                         {"ledger_days", "insert"},    {"ledger_head", "update"},
                         {"balances", "update"}};
    FarmWorld world;
    world.whitepaper_october();
    const auto before = world.balances();
    const std::string state = "select coalesce(min(state), '') from waterfall_runs";
    const auto try_broken = [&](const Writes& writes, auto step) {
        const auto rows = rows_of(world);
        const auto books = world.balances();
        const auto stands = ask(*world.database, state);
        for (const auto& [table, event] : writes) {
            INFO(table << " " << event);
            world.damage(
                "create function cut() returns trigger language plpgsql as $$ begin raise exception "
                "'cut'; end $$; create trigger cut after " +
                event + " on " + table + " for each statement execute function cut()");
            CHECK_THROWS(step());
            world.damage("drop trigger cut on " + table + "; drop function cut()");
            CHECK(rows_of(world) == rows);
            CHECK(world.balances() == books);
            CHECK(ask(*world.database, state) == stands);
        }
        CHECK(step() == "");
    };
    try_broken(proposing, [&] { return world.propose("2026-10"); });
    try_broken({{"waterfall_runs", "update"}}, [&] { return world.approve("2026-10"); });
    try_broken(booking, [&] { return world.post_month("2026-10"); });
    CHECK(world.balances() == october_books);
    CHECK(world.findings() == "");
    try_broken(booking, [&] { return world.reverse("2026-10"); });
    CHECK(world.balances() == before);
    CHECK(world.findings() == "");
}

TEST_CASE("a month of loss is posted too, and the next one pays its deficit first") {
    FarmWorld world;
    world.mine(100'000'000, day("2026-10-20"));
    REQUIRE(world.enter({world.bill("1", CostKind::operating, "BTC", 126'543'210, "2026-10-05")}) == "");
    world.hold({{"a", 1}});
    REQUIRE(world.run("2026-10") == "");
    CHECK(world.balances() ==
          "mining 100000000, operating -126543210, payable supplier:grid 126543210, wallet -100000000");
    world.mine(317'500'000, day("2026-11-20"));
    REQUIRE(world.enter({world.bill("2", CostKind::operating, "BTC", 126'543'210, "2026-11-05")}) == "");
    REQUIRE(world.run("2026-11") == "");
    const auto november = waterfall_run(*world.database, "BTC", "2026-11").value().run;
    CHECK(november.deficit_brought_forward == 26'543'210);
    CHECK(november.result.net == 164'413'580);
    CHECK(november.result.holders == 49'324'074);
    CHECK(november.result.reinvest == 82'206'790);
    CHECK(november.result.foundation == 32'882'716);
    CHECK(world.findings() == "");
}

TEST_CASE("months go in order, none is left out, and none comes before it is over") {
    FarmWorld world;
    world.hold({{"a", 1}});
    CHECK(preview(world, "2026-11").refused.find("nothing to do") != std::string::npos);
    world.mine(1'000, day("2026-10-20"));
    world.mine(1'000, day("2026-11-20"));
    CHECK(preview(world, "2026-13").refused.find("2026-10") != std::string::npos);
    CHECK(preview(world, "2026-12").refused == "2026-12 is not over yet");
    CHECK(preview(world, "2026-11").refused == "2026-10 comes first");
    CHECK(preview(world, "2026-09").refused.find("the first month is 2026-10") != std::string::npos);
    CHECK(
        preview_waterfall(*world.database, "USD", "2026-10", world.now_us).value().refused.find("no coin") !=
        std::string::npos);
    REQUIRE(world.run("2026-10") == "");
    CHECK(preview(world, "2026-11").refused == "");
    REQUIRE(world.run("2026-11") == "");
    CHECK(ask(*world.database, "select sum(mined) from waterfall_runs") == "2000");
}

TEST_CASE("what comes too late for its month joins the next one, and nothing counts twice") {
    FarmWorld world;
    world.hold({{"a", 1}});
    world.mine(1'000, day("2026-10-20"));
    REQUIRE(world.propose("2026-10") == "");
    // Both belong to October and come after it was proposed.
    world.mine(500, day("2026-10-21"), "late");
    REQUIRE(world.enter({world.bill("1", CostKind::operating, "BTC", 100, "2026-10-05")}) == "");
    REQUIRE(world.approve("2026-10") == "");
    REQUIRE(world.post_month("2026-10") == "");
    CHECK(waterfall_run(*world.database, "BTC", "2026-10").value().run.result.net == 1'000);
    REQUIRE(world.run("2026-11") == "");
    const auto november = waterfall_run(*world.database, "BTC", "2026-11").value().run;
    CHECK(november.mined == 500);
    CHECK(november.result.operating == 100);
    CHECK(november.result.net == 400);
    CHECK(world.findings() == "");
}

TEST_CASE("coin that is taken back after its month was posted counts against the next one") {
    FarmWorld world;
    world.hold({{"a", 1}});
    world.mine(1'000, day("2026-10-20"));
    REQUIRE(world.run("2026-10") == "");
    auto back =
        FarmWorld::transfer({"BTC", "mining", "", ""}, {"BTC", "own_immature", "", ""}, 1'000, "reversal");
    back.event_at_us = day("2026-11-03");
    back.source_id = "reorganised";
    back.id = fleet::ledger::transfer_id("test", "reorganised", "reversal", "");
    world.post({back});
    world.mine(300, day("2026-11-20"));
    REQUIRE(world.run("2026-11") == "");
    const auto november = waterfall_run(*world.database, "BTC", "2026-11").value().run;
    CHECK(november.mined == 0);
    CHECK(november.taken_back == 700);
    CHECK(november.result.deficit_carried_forward == 700);
    CHECK(world.findings() == "");
}

TEST_CASE("a missing price stops the month and says what to do") {
    FarmWorld world;
    world.hold({{"a", 1}});
    world.mine(1'000'000, day("2026-10-20"));
    world.price("2026-10-30", "50000");
    world.price("2026-11-01", "50000");
    REQUIRE(world.enter({world.bill("1", CostKind::operating, "USD", 10'000, "2026-10-31")}) == "");
    const auto refused = world.propose("2026-10");
    CHECK(refused.find("accrued on 2026-10-31 and no price of BTC in USD") != std::string::npos);
    CHECK(refused.find("hashyard price import") != std::string::npos);
    world.price("2026-10-31", "50000");
    CHECK(world.propose("2026-10") == "");
    CHECK(ask(*world.database,
              "select amount || ' ' || price_venue || ' ' || price_source from "
              "waterfall_costs") == "200000 kraken test");
}

TEST_CASE("nobody on record: the month waits, unless the split has nothing for holders") {
    FarmWorld world;
    world.mine(1'000, day("2026-10-20"));
    CHECK(world.propose("2026-10").find("hashyard holder add") != std::string::npos);
    CHECK(ask(*world.database, "select count(*) from holder_snapshots") == "0");
    REQUIRE(set_split(*world.database, {{"2026-10", {0, 8'000, 2'000}}, "eva"}).value() == "");
    REQUIRE(world.run("2026-10") == "");
    CHECK(world.balances() ==
          "foundation_fund 200, mining 1000, reinvest_fund 800, retained -1000, wallet -1000");
    CHECK(set_split(*world.database, {{"2026-10", {}}, "eva"}).value().find("2026-10 is posted") !=
          std::string::npos);
    CHECK(set_split(*world.database, {{"2026-11", {}}, "eva"}).value() == "");
    CHECK(world.findings() == "");
}

TEST_CASE("holders are those on record at the month's end, whatever changes later") {
    FarmWorld world;
    world.hold({{"a", 1}, {"b", 1}});
    world.hold({{"b", 0}, {"c", 1}}, "2026-10-31");
    world.mine(1'000, day("2026-10-20"));
    world.hold({{"d", 1}}, "2026-11-02");
    REQUIRE(world.run("2026-10") == "");
    CHECK(ask(*world.database,
              "select string_agg(p.key || ' ' || l.amount, ', ' order by p.key) from waterfall_lines l join "
              "parties p on p.id = l.party") == "holder:a 150, holder:c 150");
}

TEST_CASE("a reversed month leaves the books as they were and can be proposed again") {
    FarmWorld world;
    world.whitepaper_october();
    const auto before = world.balances();
    REQUIRE(world.run("2026-10") == "");
    CHECK(reverse_bill(*world.database, 1, "ivo", "x", world.now_us).value().find("reverse that month") !=
          std::string::npos);
    world.mine(1, day("2026-11-20"));
    REQUIRE(world.run("2026-11") == "");
    CHECK(world.reverse("2026-10").find("reverse them first") != std::string::npos);
    REQUIRE(world.reverse("2026-11") == "");
    REQUIRE(world.reverse("2026-10") == "");
    REQUIRE(world.reverse("2026-10") == "");
    CHECK(world.findings() == "");
    CHECK(reverse_bill(*world.database, 1, "ivo", "x", world.now_us).value() == "");
    REQUIRE(world.run("2026-10") == "");
    CHECK(waterfall_run(*world.database, "BTC", "2026-10").value().run.result.net == 317'500'000);
    CHECK(world.findings() == "");
    CHECK(before.find("holder") == std::string::npos);
}

TEST_CASE("a month whose money has gone out is not reversed") {
    FarmWorld world;
    world.whitepaper_october();
    REQUIRE(world.run("2026-10") == "");
    auto paid =
        FarmWorld::transfer({"BTC", "holder", "holder:a", ""}, {"BTC", "wallet", "", "main"}, 1, "payout");
    paid.event_at_us = world.now_us;
    paid.source_id = "paid";
    paid.id = fleet::ledger::transfer_id("test", "paid", "payout", "");
    world.post({paid});
    CHECK(world.reverse("2026-10").find("below zero") != std::string::npos);
    CHECK(ask(*world.database, "select state from waterfall_runs") == "posted");
    CHECK(world.findings() == "");
}

TEST_CASE("a proposal whose bill is reversed, or whose month before changes, is not posted") {
    FarmWorld world;
    world.whitepaper_october();
    REQUIRE(world.propose("2026-10") == "");
    REQUIRE(world.approve("2026-10") == "");
    REQUIRE(reverse_bill(*world.database, 1, "ivo", "x", world.now_us).value() == "");
    CHECK(world.post_month("2026-10").find("a bill of this month was reversed") != std::string::npos);
    REQUIRE(world.withdraw("2026-10") == "");
    REQUIRE(world.withdraw("2026-10") == "");
    REQUIRE(world.run("2026-10") == "");
    world.mine(7, day("2026-11-20"));
    REQUIRE(world.propose("2026-11") == "");
    REQUIRE(world.approve("2026-11") == "");
    REQUIRE(world.reverse("2026-10") == "");
    CHECK(world.post_month("2026-11").find("the month before is not what it was") != std::string::npos);
    CHECK(world.findings() == "");
}

TEST_CASE("a month of a closed period is booked in the oldest open one") {
    FarmWorld world;
    world.whitepaper_october();
    REQUIRE(world.propose("2026-10") == "");
    REQUIRE(world.approve("2026-10") == "");
    REQUIRE(world.findings() == "");
    REQUIRE(close_period(*world.database, "2026-10", "eva", world.now_us).value().refused == "");
    REQUIRE(world.post_month("2026-10") == "");
    CHECK(ask(*world.database, "select distinct period from transfers where source_kind = 'waterfall'") ==
          "2026-11");
    CHECK(world.balances() == october_books);
    CHECK(world.findings() == "");
}

TEST_CASE("damage to a posted month is found by the daily check") {
    const std::vector<std::string> cases{
        "update waterfall_runs set mined = mined + 1, net = net + 1, reinvest = reinvest + 1",
        "update waterfall_runs set output_hash = input_hash",
        "update waterfall_lines set amount = amount + 1",
        "delete from waterfall_lines where amount = 34317",
        "update holder_snapshot_lines set units = units + 1 where units = 1",
        "update bills set amount = amount + 1",
        "update waterfall_costs set price_value = price_value + 1",
        "update waterfall_costs set active = false",
        "update waterfall_runs set through_number = 0",
        "update transfers set source_kind = 'elsewhere' where code = 'reinvest_share'",
        "update waterfall_runs set state = 'reversed', ended_by = 'x', ended_why = 'x', ended_at_us = 1"};
    for (const auto& sql : cases) {
        INFO(sql);
        FarmWorld world;
        world.whitepaper_october();
        REQUIRE(world.run("2026-10") == "");
        REQUIRE(world.findings() == "");
        world.damage(sql);
        CHECK(world.findings().find("waterfall_runs:") != std::string::npos);
    }
}

TEST_CASE("a fund is spent within its balance and its budget, once for each reference") {
    FarmWorld world;
    world.whitepaper_october();
    REQUIRE(world.run("2026-10") == "");
    const auto spend = [&](const std::string& fund, const std::string& budget, std::uint64_t amount,
                           const std::string& reference, bool machines) {
        return spend_fund(*world.database, {"BTC", fund, budget, amount, machines, "main", reference, "eva"},
                          world.now_us)
            .value();
    };
    CHECK(spend("reinvest", "asics", 1, "inv-1", true).find("hashyard fund budget") != std::string::npos);
    REQUIRE(set_budget(*world.database, {"BTC", "reinvest", "asics", 90'000'000, "eva"}).value() == "");
    CHECK(set_budget(*world.database, {"XYZ", "reinvest", "asics", 1, "eva"}).value() != "");
    CHECK(spend("reinvest", "asics", 60'000'000, "inv-1", true) == "");
    CHECK(spend("reinvest", "asics", 60'000'000, "inv-1", true) == "");
    CHECK(spend("reinvest", "asics", 60'000'001, "inv-1", true).find("another content") != std::string::npos);
    CHECK(spend("reinvest", "asics", 40'000'000, "inv-2", true).find("30000000 left") != std::string::npos);
    REQUIRE(set_budget(*world.database, {"BTC", "reinvest", "asics", 900'000'000, "eva"}).value() == "");
    CHECK(spend("reinvest", "asics", 40'000'000, "inv-2", true).find("the reinvest fund holds 35345815") ==
          0);
    REQUIRE(set_budget(*world.database, {"BTC", "foundation", "office", 1'000, "eva"}).value() == "");
    CHECK(spend("foundation", "office", 1'000, "rent", false) == "");
    CHECK(world.balances().find("foundation_fund 38137326,") != std::string::npos);
    CHECK(world.balances().find("machines -60000000,") != std::string::npos);
    CHECK(world.balances().find("reinvest_fund 35345815, reinvest_spent 60000000,") != std::string::npos);
    const auto all = funds(*world.database).value();
    REQUIRE(all.size() == 2);
    CHECK(all[1].fund == "reinvest");
    CHECK(all[1].budgets[0].spent == 60'000'000);
    CHECK(world
              .refusal_of("insert into fund_spendings (asset, fund, budget, amount, kind, wallet, reference, "
                          "spent_by, spent_at_us) values ('BTC', 'foundation', 'office', 1, 'expense', "
                          "'main', 'more', 'x', 1)")
              .find("does not allow") != std::string::npos);
    CHECK(world.findings() == "");
}

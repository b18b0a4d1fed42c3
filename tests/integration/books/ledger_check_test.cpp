// The daily check: every kind of damage that somebody with the database's password can do is found.

#include "server/store/ledger.h"
#include "server/store/periods.h"
#include "server/store/transaction.h"
#include "tests/catch.h"
#include "tests/integration/books/mined_world.h"

using namespace integration;

namespace {

// Breaks a rule behind the triggers' back.
void damage(MinedWorld& world, const std::string& sql) {
    REQUIRE(server::store::transact(*world.database, [&](pqxx::work& transaction) {
                transaction.exec("set local session_replication_role = replica");
                transaction.exec(sql);
                return true;
            }).value());
}

void mine_and_post(MinedWorld& world) {
    const auto block = world.find_block(0);
    const auto second = world.find_block(1);
    world.import();
    world.tell(block, BlockState::mature, 100);
    world.tell(second, BlockState::immature, 1);
    REQUIRE(world.post_all() == "immature immature mature");
    REQUIRE(world.findings() == "");
}

constexpr std::int64_t month_us = 31LL * 86'400'000'000;

}  // namespace

TEST_CASE("each kind of damage is found under its name and freezes payouts") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"balance_cache",
         "update balances set credits = credits + 1, version = version + 1 where account = (select id "
         "from accounts where purpose = 'pool_fee')"},
        {"debits_equal_credits",
         "update balances set debits = debits + 1 where account = (select min(account) from "
         "balances)"},
        {"hash_chain",
         "update transfers set amount = amount + 1 where number = (select min(number) from transfers)"},
        {"hash_chain",
         "update transfers set memo = 'mine' where number = (select max(number) from transfers)"},
        {"hash_chain", "delete from transfer_hashes where number = (select max(number) from transfers)"},
        {"hash_chain", "update ledger_days set transfers = transfers - 1"},
        {"block_rewards", "update blocks set coinbase_value_sats = coinbase_value_sats + 1"},
        {"block_rewards", "update block_postings set state = 'reversed' where state = 'mature'"},
        {"payout_runs",
         "update payout_lines set floor = floor + 1, amount = amount + 1 where run = (select min(run) "
         "from payout_runs)"},
    };
    for (const auto& [invariant, sql] : cases) {
        INFO(sql);
        MinedWorld world;
        mine_and_post(world);
        damage(world, sql);
        CHECK(world.findings().find(invariant + ":") != std::string::npos);
        const auto freezes = server::store::active_freezes(*world.database).value();
        REQUIRE(freezes.size() == 1);
        CHECK(freezes[0].reason == "ledger_difference");
    }
}

TEST_CASE("a month closes in order, when it is over, checked, and without a difference") {
    MinedWorld world;
    mine_and_post(world);
    const auto close = [&](const std::string& period, std::int64_t now_us) {
        return server::store::close_period(*world.database, period, "eva", now_us).value().refused;
    };
    const auto period = ask(*world.database, "select max(period) from periods");
    CHECK(close("1999-01", world.now_us).find("there is no month") == 0);
    CHECK(close(period, start_us).find("not over yet") != std::string::npos);
    const auto later_us = start_us + 2 * month_us;
    // A transfer after the check: the check is stale.
    auto transfer = fleet::ledger::Transfer{};
    transfer.id = fleet::ledger::transfer_id("test", "later", "", "");
    transfer.debit = {"USD", "bank", "", "main"};
    transfer.credit = {"USD", "revenue", "", "hosting"};
    transfer.amount = 5;
    transfer.code = "revenue";
    transfer.event_at_us = later_us;
    transfer.source_kind = "test";
    transfer.source_id = "later";
    REQUIRE(server::store::post_transfers(*world.database, later_us, {transfer}).value().refused == "");
    CHECK(close(period, later_us).find("hashyard books check") != std::string::npos);
    REQUIRE(world.findings() == "");
    const auto next = ask(*world.database, "select max(period) from periods");
    CHECK(close(next, later_us + month_us) == "close " + period + " first");
    const auto closed = server::store::close_period(*world.database, period, "eva", later_us).value();
    CHECK(closed.refused == "");
    CHECK(closed.hash == server::store::trial_balance(*world.database, period).value().hash);
    CHECK(close(period, later_us) == period + " is closed already");
    CHECK(world.findings() == "");
    CHECK(server::store::periods(*world.database).value().front().closed_by == "eva");
}

TEST_CASE("a closed month that is changed behind our back is found") {
    MinedWorld world;
    mine_and_post(world);
    const auto period = ask(*world.database, "select max(period) from periods");
    REQUIRE(server::store::close_period(*world.database, period, "eva", start_us + 2 * month_us)
                .value()
                .refused == "");
    damage(world, "update transfers set period = '" + period + "', amount = amount + 1 where number = 1");
    CHECK(world.findings().find("closed_periods: the trial balance of " + period) != std::string::npos);
}

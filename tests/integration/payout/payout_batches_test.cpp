// Payout batches in a real PostgreSQL: the ledger follows each step, and the database refuses shortcuts.

#include "tests/integration/payout/payout_world.h"

using namespace integration;
using namespace server::store;
using namespace fleet::payout;

namespace {

void build(PayoutWorld& world, PayoutBatch& batch) {
    batch.psbt = {1};
    batch.change_script = witness_script(9);
    batch.coins = {{{std::string(64, 'a'), 0}, 1'000'000}};
    REQUIRE(record_built(*world.database, batch, world.now_us).value() == "");
}

void sign(PayoutWorld& world, PayoutBatch& batch) {
    Transaction transaction;
    transaction.inputs.push_back({batch.coins[0].point, {}, 0xfffffffd, {Bytes{1}}});
    transaction.outputs = outputs_of(batch.items);
    transaction.outputs.push_back({batch.change_script, 1'000});
    batch.raw_tx = bytes_of(transaction);
    batch.txid = txid_of(transaction);
    batch.fee_sats = 321;
    batch.change_sats = 1'000;
    REQUIRE(record_signed(*world.database, batch, world.now_us).value() == "");
}

PayoutBatch reserved(PayoutWorld& world) {
    const auto out = reserve_payout(*world.database, world.settings, world.now_us).value();
    REQUIRE(out.refused == "");
    REQUIRE_FALSE(out.batch.empty());
    return world.only_batch();
}

bool refused_by_database(PayoutWorld& world, const std::string& sql) {
    try {
        (void)transact(*world.database, [&](pqxx::work& transaction) {
            transaction.exec(sql);
            return 0;
        });
        return false;
    } catch (const pqxx::sql_error&) {
        return true;
    }
}

}  // namespace

TEST_CASE("a batch sets amounts aside once and settles to what the chain pays") {
    PayoutWorld world;
    world.user("alice", 1, 300'000);
    world.user("bob", 2, 200'000);
    world.user("carol", 3, 5);
    auto batch = reserved(world);
    CHECK(world.users() == "alice 300000 300000, bob 200000 200000, carol 5 0");
    // Nobody else is due, so nothing is reserved twice.
    CHECK(reserve_payout(*world.database, world.settings, world.now_us).value().batch == "");
    build(world, batch);
    sign(world, batch);
    REQUIRE(move_payout(*world.database, batch.id, BatchState::broadcast, "", world.now_us).value() == "");
    REQUIRE(move_payout(*world.database, batch.id, BatchState::confirming, "", world.now_us).value() == "");
    CHECK(wallet_books(*world.database, "BTC", "main").value().expected == "-316");
    for (int i = 0; i < 2; ++i) {
        REQUIRE(settle_payout(*world.database, batch, world.now_us).value() == "");
        CHECK(world.users() == "alice 0 0, bob 0 0, carol 5 0");
        CHECK(world.wallet() == "-316");
    }
    CHECK(world.asked("select sum(amount) from transfers where code = 'network_fee'") == "321");
    CHECK(world.asked("select count(*) from payout_events") == "6");
    CHECK(payout_mark(*world.database).value().epoch == 1);
}

TEST_CASE("what is not signed can be dropped, what may be signed cannot") {
    PayoutWorld world;
    world.user("alice", 1, 300'000);
    auto batch = reserved(world);
    build(world, batch);
    REQUIRE(abandon_payout(*world.database, batch.id, "by hand", AbandonProof::none, 1).value() == "");
    REQUIRE(abandon_payout(*world.database, batch.id, "by hand", AbandonProof::none, 1).value() == "");
    CHECK(world.users() == "alice 300000 0");
    auto second = reserve_payout(*world.database, world.settings, world.now_us).value().batch;
    const auto open = payout_batches(*world.database, Which::open).value();
    REQUIRE(open.size() == 1);
    auto next = open[0];
    build(world, next);  // the coin is free again
    REQUIRE(record_exported(*world.database, next.id, 2).value() == "");
    CHECK(abandon_payout(*world.database, next.id, "", AbandonProof::none, 3).value() != "");
    sign(world, next);
    CHECK(abandon_payout(*world.database, next.id, "", AbandonProof::none, 3).value() != "");
    CHECK(world.users() == "alice 300000 300000");
}

TEST_CASE("the database itself refuses another transaction, a shortcut and a second use of a coin") {
    PayoutWorld world;
    world.user("alice", 1, 300'000);
    auto batch = reserved(world);
    CHECK(refused_by_database(world, "update payout_batches set state = 'broadcast'"));
    CHECK(refused_by_database(world, "delete from payout_batches"));
    CHECK(refused_by_database(world,
                              "insert into payout_items select batch, obligation, script, amount from "
                              "payout_items"));
    build(world, batch);
    CHECK(refused_by_database(world,
                              "insert into utxo_reservations (batch, txid, vout, amount) select batch, "
                              "txid, vout, 1 from utxo_reservations"));
    // Signed and sent in one transaction: a crash in between would lose the bytes that went out.
    CHECK(refused_by_database(
        world,
        "update payout_batches set raw_tx = '\\x01', txid = repeat('a', 64), fee = 1, change = 0, "
        "state = 'fully_signed'; update payout_batches set state = 'broadcast'"));
    sign(world, batch);
    CHECK(refused_by_database(world, "update payout_batches set raw_tx = '\\x02'"));
    CHECK(refused_by_database(world, "update payout_batches set txid = repeat('b', 64)"));
    CHECK(refused_by_database(world, "update payout_batches set state = 'abandoned'"));
    CHECK(refused_by_database(world, "update payout_events set detail = 'x'"));
    CHECK(refused_by_database(world, "update payout_items set amount = 1"));
}

TEST_CASE("a changed address waits, a payee in quarantine waits alone, and a freeze stops all") {
    PayoutWorld world;
    world.user("alice", 1, 300'000);
    world.user("bob", 2, 200'000);
    REQUIRE(plan_due(*world.database, world.settings, world.now_us).value().items.size() == 2);
    world.run("update users set payout_address = '" + PayoutWorld::address(7) + "' where name = 'alice'");
    auto plan = plan_due(*world.database, world.settings, world.now_us).value();
    REQUIRE(plan.items.size() == 1);
    REQUIRE(plan.held.size() == 1);
    CHECK(plan.held[0].detail == "the address changed lately");
    plan = plan_due(*world.database, world.settings, world.now_us + world.settings.address_hold_us).value();
    CHECK(plan.items.size() == 2);
    REQUIRE(quarantine_payee(*world.database, "user:bob", "asked to wait", "tester").value() == "");
    CHECK(plan_due(*world.database, world.settings, world.now_us).value().items.empty());
    REQUIRE(release_payee(*world.database, "user:bob", "tester").value() == "");
    REQUIRE(freeze_payouts(*world.database, "by_hand", "test", "tester").value());
    CHECK(reserve_payout(*world.database, world.settings, world.now_us).value().refused.find("frozen") !=
          std::string::npos);
    CHECK(world.users() == "alice 300000 0, bob 200000 0");
}

TEST_CASE("the moves of a batch are the same in the program and in the database") {
    PayoutWorld world;
    std::string moves;
    for (const auto from : batch_states)
        for (const auto to : batch_states)
            if (may_follow(from, to)) moves += std::string(name_of(from)) + ">" + name_of(to) + " ";
    std::string stored;
    for (const auto from : batch_states)
        for (const auto to : batch_states)
            if (world.asked("select count(*) from payout_moves where from_state = '" +
                            std::string(name_of(from)) + "' and to_state = '" + name_of(to) + "'") == "1")
                stored += std::string(name_of(from)) + ">" + name_of(to) + " ";
    CHECK(moves == stored);
}

namespace {

PayoutBatch lost_payout() {
    PayoutBatch copy;
    copy.id = "0b5c7a44-7a3e-4a40-9f13-0d6a5dfb6c11";
    copy.asset = "BTC";
    copy.wallet = "main";
    copy.items = {{"user:alice", witness_script(1), 300'000}};
    copy.change_script = witness_script(9);
    copy.coins = {{{std::string(64, 'a'), 0}, 301'321}};
    Transaction transaction;
    transaction.inputs.push_back({copy.coins[0].point, {}, 0xfffffffd, {Bytes{1}}});
    transaction.outputs = {{witness_script(1), 300'000}, {witness_script(9), 1'000}};
    copy.raw_tx = bytes_of(transaction);
    copy.txid = txid_of(transaction);
    copy.fee_sats = 321;
    copy.change_sats = 1'000;
    return copy;
}

std::string adopted(PayoutWorld& world, const PayoutBatch& copy) {
    return adopt_payouts(*world.database, {copy}, world.now_us).value().at(0);
}

}  // namespace

TEST_CASE("a copy of a lost payout is adopted once and its amounts are set aside") {
    PayoutWorld world;
    world.user("alice", 1, 300'000);
    const auto copy = lost_payout();
    for (int i = 0; i < 2; ++i) {
        REQUIRE(adopted(world, copy) == "");
        CHECK(world.users() == "alice 300000 300000");
        CHECK(world.only_batch().state == BatchState::fully_signed);
    }
    CHECK(reserve_payout(*world.database, world.settings, world.now_us).value().batch == "");
}

TEST_CASE("what the books no longer cover of a lost payout is owed to the pool") {
    PayoutWorld world;
    world.user("alice", 1, 120'000);
    for (int i = 0; i < 2; ++i) {
        REQUIRE(adopted(world, lost_payout()) == "");
        CHECK(world.users() == "alice 300000 300000");
        CHECK(world.asked("select sum(amount) from transfers where code = 'shortfall'") == "180000");
    }
    CHECK(world.asked("select b.debits - b.credits from balances b join accounts a on a.id = b.account where "
                      "a.purpose = 'receivable'") == "180000");
}

TEST_CASE("a batch in the making gives way to a lost payout of the same coins, unless it was exported") {
    PayoutWorld world;
    world.user("alice", 1, 300'000);
    auto batch = reserved(world);
    build(world, batch);
    REQUIRE(adopted(world, lost_payout()) == "");
    CHECK(world.users() == "alice 300000 300000");
    CHECK(world.asked("select string_agg(state, ' ' order by state) from payout_batches") ==
          "abandoned fully_signed");

    PayoutWorld other;
    other.user("alice", 1, 300'000);
    auto exported = reserved(other);
    build(other, exported);
    REQUIRE(record_exported(*other.database, exported.id, other.now_us).value() == "");
    const auto why = adopted(other, lost_payout());
    CHECK(why.find(exported.id + " may be signed") != std::string::npos);
    CHECK(why.find("hashyard payout import") != std::string::npos);
    CHECK(other.only_batch().state == BatchState::built);
}

TEST_CASE("a copy whose transaction does not pay its items is refused and changes nothing") {
    PayoutWorld world;
    world.user("alice", 1, 300'000);
    auto copy = lost_payout();
    copy.items[0].amount_sats = 299'999;
    CHECK(adopted(world, copy).find("the chain pays 300000 instead of 299999") != std::string::npos);
    CHECK(world.users() == "alice 300000 0");
    CHECK(world.asked("select count(*) from payout_batches") == "0");
}

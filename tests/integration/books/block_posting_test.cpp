#include <thread>

#include "server/store/ledger.h"
#include "tests/catch.h"
#include "tests/integration/books/mined_world.h"

using namespace integration;
using fleet::ledger::Transfer;
using server::store::post_transfers;

namespace {

const std::string immature_books =
    "coinbase -316687321, fee_immature 3166873, user_immature user:alice 235140336, user_immature user:bob "
    "78380112";
const std::string mature_books =
    "pool_fee 3166873, user user:alice 235140336, user user:bob 78380112, wallet -316687321";

// Pays a user's whole balance out, as a settled payout does.
void pay_out(MinedWorld& world, const std::string& user, std::uint64_t amount) {
    Transfer transfer;
    transfer.id = fleet::ledger::transfer_id("payout", user, "payout", "");
    transfer.debit = {"BTC", "user", "user:" + user, ""};
    transfer.credit = {"BTC", "wallet", "", "main"};
    transfer.amount = amount;
    transfer.code = "payout";
    transfer.event_at_us = world.now_us;
    transfer.source_kind = "payout";
    transfer.source_id = user;
    const auto outcome = post_transfers(*world.database, world.now_us, {transfer}).value();
    REQUIRE(outcome.refused == "");
}

}  // namespace

TEST_CASE("a block is booked when its run is there, moves on when it is mature, and each step happens once") {
    MinedWorld world;
    const auto block = world.find_block(0);
    world.import();
    CHECK(world.post_all() == "");
    world.tell(block, BlockState::immature);
    CHECK(world.post_all() == "immature");
    CHECK(world.balances() == immature_books);
    CHECK(world.post_all() == "");
    CHECK(server::store::post_block(*world.database, {"bitcoin", block.hash}, "main", world.now_us)
              .value()
              .transfers == 0);
    world.tell(block, BlockState::mature, 100);
    CHECK(world.post_all() == "mature");
    CHECK(world.balances() == mature_books);
    CHECK(world.findings() == "");
    CHECK(ask(*world.database,
              "select sum(amount) from transfers where code in ('reward_fees', 'pool_fee_fees')") ==
          "4187321");
}

TEST_CASE("a block that is found mature, as after a long time away, is booked in two steps at once") {
    MinedWorld world;
    const auto block = world.find_block(0);
    world.import();
    world.tell(block, BlockState::mature, 100);
    CHECK(world.post_all() == "immature mature");
    CHECK(world.balances() == mature_books);
}

TEST_CASE("an orphaned block leaves no trace in the balances, and a return books it anew") {
    MinedWorld world;
    const auto block = world.find_block(0);
    world.import();
    world.tell(block, BlockState::immature);
    REQUIRE(world.post_all() == "immature");
    world.tell(block, BlockState::orphaned, 0);
    CHECK(world.post_all() == "reversed");
    CHECK(world.balances() == "");
    CHECK(world.findings() == "");
    world.tell(block, BlockState::immature, 3);
    CHECK(world.post_all() == "immature");
    CHECK(world.balances() == immature_books);
    world.tell(block, BlockState::mature, 100);
    CHECK(world.post_all() == "mature");
    CHECK(world.balances() == mature_books);
    CHECK(ask(*world.database, "select generation || ' ' || state from block_postings") == "2 mature");
    CHECK(world.findings() == "");
}

TEST_CASE(
    "what was paid out before a deep reorganisation becomes a debt, and the block's return settles it") {
    MinedWorld world;
    const auto block = world.find_block(0);
    world.import();
    world.tell(block, BlockState::mature, 100);
    REQUIRE(world.post_all() == "immature mature");
    pay_out(world, "alice", 235'140'336);
    world.tell(block, BlockState::orphaned, 0);
    REQUIRE(world.post_all() == "reversed");
    CHECK(world.balances() == "receivable user:alice -235140336, wallet 235140336");
    CHECK(world.findings() == "");
    world.tell(block, BlockState::mature, 100);
    REQUIRE(world.post_all() == "immature mature");
    CHECK(world.balances() == "pool_fee 3166873, user user:bob 78380112, wallet -81546985");
    // And once more: the debt is there again, alice was still paid once.
    world.tell(block, BlockState::orphaned, 0);
    REQUIRE(world.post_all() == "reversed");
    CHECK(world.balances() == "receivable user:alice -235140336, wallet 235140336");
    world.tell(block, BlockState::mature, 100);
    REQUIRE(world.post_all() == "immature mature");
    CHECK(world.balances() == "pool_fee 3166873, user user:bob 78380112, wallet -81546985");
    CHECK(world.findings() == "");
}

TEST_CASE("a block that no node knows for a while keeps its books until the chain has decided") {
    MinedWorld world;
    const auto block = world.find_block(0);
    world.import();
    world.tell(block, BlockState::immature);
    REQUIRE(world.post_all() == "immature");
    world.tell(block, BlockState::submitted, 0);
    CHECK(world.post_all() == "");
    CHECK(world.balances() == immature_books);
}

TEST_CASE("terms hold for blocks whose job was issued after them") {
    MinedWorld world;
    const auto early = world.find_block(0);
    world.import();
    const auto set = [&](const std::string& user, std::int64_t from_us, fleet::ledger::UserTerms terms) {
        return server::store::set_user_terms(*world.database, {user, from_us, std::move(terms), "eva"})
            .value();
    };
    CHECK(set("alice", start_us + 360'000, {fleet::ledger::UserRole::own, {}, {}, 0}) == "");
    CHECK(set("alice", start_us + 360'000, {}) != "");
    CHECK(set("nobody", start_us, {}).find("hashyard user add") != std::string::npos);
    world.tell(early, BlockState::mature, 100);
    REQUIRE(world.post_all() == "immature mature");
    CHECK(world.balances() == mature_books);

    auto late = block_record(100, 2, start_us + 900'000, start_us + 800'000);
    world.journal.add(late);
    world.import();
    world.tell(late, BlockState::mature, 100);
    REQUIRE(world.post_all() == "immature mature");
    CHECK(world.balances().find("mining 23") == 0);
    CHECK(server::store::user_terms(*world.database, "alice").value().size() == 1);
    CHECK(world.findings() == "");
}

TEST_CASE("two bookkeepers at once book a block once") {
    MinedWorld world;
    std::vector<BlockRecord> blocks;
    for (int i = 0; i < 6; ++i) blocks.push_back(world.find_block(i));
    world.import();
    for (const auto& block : blocks) world.tell(block, BlockState::mature, 100);
    const auto work = [&] {
        for (int i = 0; i < 50; ++i)
            for (const auto& block : server::store::blocks_to_post(*world.database, 10).value())
                static_cast<void>(
                    server::store::post_block(*world.database, block, "main", world.now_us).value());
    };
    std::thread other(work);
    work();
    other.join();
    CHECK(ask(*world.database, "select sum(amount) from transfers where code = 'coinbase_mature'") ==
          std::to_string(6LL * 316'687'321));
    CHECK(world.findings() == "");
}

// The runner with a real PostgreSQL and a wallet that lies. Between any two steps everything but the database
// and the data folder is thrown away.

#include <fstream>
#include <iterator>
#include <random>

#include "server/wallet/payout_copy.h"
#include "server/wallet/restore_mark.h"
#include "server/wallet/runner.h"
#include "tests/integration/payout/payout_world.h"
#include "tests/simulators/wallet_stub.h"

using namespace integration;
using namespace server::wallet;
using fleet::payout::BatchState;
using simulators::WalletStub;
using Lie = WalletStub::Lie;

namespace {

struct RunnerWorld : PayoutWorld {
    TemporaryFolder folder;
    WalletStub stub;
    WalletOptions options;

    RunnerWorld() {
        options.data_dir = folder.path();
        options.settle_depth = 3;
        user("alice", 1, 300'000);
        user("bob", 2, 200'000);
        stub.give_coin(10'000'000);
    }
    StepOutcome step() {
        now_us += 1'000'000;
        return Runner(*database, stub, options, stratum::Network::regtest).step(now_us);
    }
    // Steps until the batch is in this state.
    void until(BatchState state) {
        for (int i = 0; i < 10; ++i) {
            const auto problem = step().problem;
            if (!problem.empty()) UNSCOPED_INFO(problem);
            const auto batches = server::store::payout_batches(*database, server::store::Which::all).value();
            if (!batches.empty() && batches.back().state == state) return;
        }
        FAIL("never " << fleet::payout::name_of(state));
    }
    void require_paid_once() {
        CHECK(stub.sent() == 1);
        CHECK(stub.paid_to(witness_script(1)) == 300'000);
        CHECK(stub.paid_to(witness_script(2)) == 200'000);
        CHECK(users() == "alice 0 0, bob 0 0");
        CHECK(wallet() == "-1000");  // 500,000 came from the test's bookings; the fee is what is over
        CHECK(asked("select count(*) from transfers where code = 'network_fee' and amount = 1000") == "1");
    }
};

}  // namespace

TEST_CASE("a payout goes from the plan to the books, one thing at a time") {
    RunnerWorld world;
    CHECK(world.step().did.starts_with("reserved"));
    CHECK(world.step().did.starts_with("built"));
    CHECK(world.step().did.starts_with("signed"));
    CHECK(world.stub.sent() == 0);
    CHECK(world.step().did.starts_with("broadcast"));
    CHECK(world.stub.sent() == 0);
    CHECK(world.step().did.starts_with("confirming"));
    CHECK(world.stub.sent() == 1);
    world.stub.mine(2);
    CHECK(world.step().did == "");
    world.stub.mine(1);
    CHECK(world.step().did.starts_with("settled"));
    world.require_paid_once();
    CHECK(world.step().did == "");
    for (const auto& method : world.stub.methods) CHECK(method.find("sendmany") == std::string::npos);
}

TEST_CASE("whatever the wallet does wrong, each user is paid once and the sums are exact") {
    for (unsigned seed = 1; seed <= 25; ++seed) {
        INFO("seed " << seed);
        RunnerWorld world;
        std::mt19937 random(seed);
        int lies = 0;
        world.stub.lie = [&](std::string_view) {
            if (lies >= 12 || random() % 2 == 0) return Lie::none;
            ++lies;
            return static_cast<Lie>(random() % 7);
        };
        bool settled = false;
        for (int i = 0; i < 120 && !settled; ++i) {
            (void)world.step();
            if (random() % 3 == 0) world.stub.mine(1);
            if (i == 20) world.stub.forget_waiting();
            settled = world.asked("select count(*) from payout_batches where state = 'settled'") == "1";
        }
        REQUIRE(settled);
        world.require_paid_once();
        CHECK(world.asked("select count(*) from payout_batches") == "1");
        CHECK(world.asked("select count(*) from payout_freezes") == "0");
    }
}

TEST_CASE("a payment that the wallet changed is neither stored nor sent") {
    RunnerWorld world;
    REQUIRE(world.step().problem == "");
    for (const auto lie : {Lie::other_amount, Lie::other_script}) {
        world.stub.lie = [lie](std::string_view) { return lie; };
        CHECK(world.step().problem.find("another payment") != std::string::npos);
        CHECK(world.only_batch().state == BatchState::reserved);
    }
    world.stub.lie = nullptr;
    world.until(BatchState::built);
    for (const auto lie : {Lie::other_amount, Lie::other_script}) {
        world.stub.lie = [lie](std::string_view) { return lie; };
        CHECK(world.step().problem.find("another payment") != std::string::npos);
        CHECK(world.only_batch().state == BatchState::built);
    }
    CHECK(world.stub.sent() == 0);
}

TEST_CASE("a payout whose block is gone is sent again with the same bytes") {
    RunnerWorld world;
    world.until(BatchState::confirming);
    world.stub.mine(2);
    (void)world.step();
    world.stub.reorganise(100);
    world.until(BatchState::unknown);
    world.until(BatchState::confirming);
    world.stub.mine(3);
    world.until(BatchState::settled);
    world.require_paid_once();
}

TEST_CASE("a conflict freezes payouts, and the amounts come back only when it is buried") {
    RunnerWorld world;
    world.until(BatchState::confirming);
    const auto batch = world.only_batch();
    world.stub.conflict(batch.txid);
    CHECK(world.step().problem.find("frozen") != std::string::npos);
    CHECK(world.only_batch().state == BatchState::unknown);
    const auto abandon = [&] {
        return Runner(*world.database, world.stub, world.options, stratum::Network::regtest)
            .abandon(world.only_batch(), "spent elsewhere", world.now_us);
    };
    CHECK(abandon() != "");
    CHECK(world.users() == "alice 300000 300000, bob 200000 200000");
    world.stub.mine(5);
    CHECK(abandon() == "");
    CHECK(world.users() == "alice 300000 0, bob 200000 0");
}

TEST_CASE("nothing is sent before its copy is kept elsewhere") {
    RunnerWorld world;
    world.options.copy_command = "false";
    world.until(BatchState::fully_signed);
    CHECK(world.step().problem.find("copy") != std::string::npos);
    CHECK(world.only_batch().state == BatchState::fully_signed);
    CHECK(world.stub.sent() == 0);
    world.options.copy_command = "cp -t '" + world.folder.path().string() + "'";
    world.until(BatchState::confirming);
    const auto batch = world.only_batch();
    std::ifstream in(world.folder.path() / (batch.id + ".payout"));
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto copy = parse_copy(text);
    CHECK(copy.wrong == "");
    CHECK(copy.batch.txid == batch.txid);
    CHECK(copy.batch.fee_sats == batch.fee_sats);
    CHECK(parse_copy(text.substr(0, text.size() - 5)).wrong != "");
}

TEST_CASE("a database from before a payout starts frozen, adopts the copy and pays nobody twice") {
    RunnerWorld world;
    world.until(BatchState::confirming);
    const auto copy = parse_copy(copy_text(world.only_batch()));
    REQUIRE(copy.wrong == "");
    const auto mark = server::store::payout_mark(*world.database).value();
    // The same balances, none of the payouts: a backup of an hour ago.
    RunnerWorld restored;
    restored.run("update payout_mark set database_id = '" + mark.database_id + "'");
    restored.options.data_dir = world.options.data_dir;
    const auto step = [&] {
        return Runner(*restored.database, world.stub, restored.options, stratum::Network::regtest)
            .step(++restored.now_us);
    };
    CHECK(step().problem.find("older") != std::string::npos);
    CHECK(restored.asked("select reason from payout_freezes") == "restored");
    CHECK(restored.asked("select count(*) from payout_batches") == "0");
    const auto batches = [&] {
        return server::store::payout_batches(*restored.database, server::store::Which::all).value();
    };
    CHECK(unknown_copies(restored.options.data_dir, batches()).size() == 1);
    REQUIRE(server::store::adopt_payouts(*restored.database, {copy.batch}, 1).value().at(0) == "");
    CHECK(unknown_copies(restored.options.data_dir, batches()).empty());
    std::ofstream(restored.options.data_dir / "payouts" / "damaged.payout") << "hashyard";
    CHECK(unknown_copies(restored.options.data_dir, batches()).size() == 1);
    REQUIRE(write_mark(restored.options.data_dir, server::store::payout_mark(*restored.database).value()) ==
            "");
    REQUIRE(server::store::thaw_payouts(*restored.database, "restored", "test", "adopted").value() == 1);
    world.stub.mine(3);
    for (int i = 0; i < 5; ++i) CHECK(step().problem == "");
    CHECK(world.stub.sent() == 1);
    CHECK(restored.users() == "alice 0 0, bob 0 0");
    CHECK(restored.only_batch().state == BatchState::settled);
}

TEST_CASE("coins the books do not know freeze payouts when they stay") {
    RunnerWorld world;
    world.stub.mine(1);
    Runner runner(*world.database, world.stub, world.options, stratum::Network::regtest);
    CHECK(runner.reconcile(1) == "");
    CHECK(runner.reconcile(2).find("frozen") != std::string::npos);
    CHECK(world.asked("select reason from payout_freezes") == "wallet_difference");
}

TEST_CASE("amounts are read as text, to the satoshi, or not at all") {
    CHECK(parse_amount("0.00000001") == 1);
    CHECK(parse_amount("20999999.97690000") == 2'099'999'997'690'000);
    CHECK(parse_amount("1") == 100'000'000);
    CHECK(amount_text(123'456'789) == "1.23456789");
    for (const auto* bad :
         {"", ".", "1.", "-1.0", "1e-8", "0.000000001", "21000000.00000001", "1,0", "99999999999"})
        CHECK_FALSE(parse_amount(bad));
}

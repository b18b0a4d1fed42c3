// Job declaration, judged by a development chain with real transactions.

#include "stratum/merkle.h"
#include "stratum/sha256.h"
#include "stratum/target.h"
#include "stratum/v2/error_codes.h"
#include "tests/unit/server/declaration/declaring_world.h"

using namespace declaration_test;

namespace {

std::string refusal(DeclaringWorld& world, const DeclareMiningJob& message) {
    world.send(message);
    const auto error = world.expect<DeclareMiningJobError>();
    CHECK(error.request_id == message.request_id);
    CHECK_FALSE(error.error_details.empty());
    return std::string(error.error_code);
}

}  // namespace

TEST_CASE("A token names what the coinbase must pay, and a declared job is judged by the node") {
    DeclaringWorld world;
    world.set_up();
    world.send(AllocateMiningJobToken{"alice.rig", 3});
    const auto allocated = world.expect<AllocateMiningJobTokenSuccess>();
    CHECK(allocated.request_id == 3);
    CHECK(allocated.mining_job_token.size() == job_token_bytes);
    CHECK(Bytes(allocated.coinbase_tx_outputs.begin(), allocated.coinbase_tx_outputs.end()) ==
          Bytes{1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x51});
    const Bytes token(allocated.mining_job_token.begin(), allocated.mining_job_token.end());
    world.send(world.declaration(token));
    const auto success = world.expect<DeclareMiningJobSuccess>();
    CHECK(success.request_id == 9);
    REQUIRE(world.published.size() == 1);
    const auto& [new_token, job] = *world.published.begin();
    CHECK(Bytes(success.new_mining_job_token.begin(), success.new_mining_job_token.end()) == new_token);
    CHECK(new_token != token);
    CHECK(job->identity == "alice.rig");
    CHECK(job->extranonce_bytes == 20);
    CHECK(job->work->transactions.size() == 12);
    CHECK(job->work->merkle_branches == world.theirs->merkle_branches);
    CHECK(job->work->fees_sats == world.theirs->fees_sats);
    CHECK(job->work->declared_at_us == 4711);
    CHECK((job->work->number & declared_number_bit) != 0);
    CHECK(world.counts["accepted"] == 1);
    CHECK(refusal(world, world.declaration(token)) == declare_error::invalid_mining_job_token);
}

TEST_CASE("Transactions the pool lacks are asked for, and others that come are left out") {
    DeclaringWorld world;
    world.knows_transactions = false;
    world.set_up();
    world.send(world.declaration(world.token()));
    const auto ask = world.expect<ProvideMissingTransactions>();
    CHECK(ask.request_id == 9);
    REQUIRE(ask.unknown_tx_position_list.size() == 12);
    CHECK(ask.unknown_tx_position_list.back() == 11);
    ProvideMissingTransactionsSuccess give;
    give.request_id = 9;
    const Bytes junk{1, 2, 3};
    give.transaction_list.push_back(junk);
    SECTION("all of them, in another order, with junk") {
        for (std::size_t i = 12; i-- > 0;)
            give.transaction_list.push_back(world.theirs->transactions[i].data);
        world.send(give);
        world.expect<DeclareMiningJobSuccess>();
        CHECK(world.published.begin()->second->work->merkle_branches == world.theirs->merkle_branches);
    }
    SECTION("one too few") {
        for (std::size_t i = 1; i < 12; ++i)
            give.transaction_list.push_back(world.theirs->transactions[i].data);
        world.send(give);
        CHECK(world.expect<DeclareMiningJobError>().error_code == declare_error::missing_txs);
        CHECK(world.published.empty());
    }
    SECTION("after the tip moved") {
        auto after = *world.theirs;
        after.height += 1;
        world.ours = std::make_shared<const stratum::Template>(after);
        world.session->on_template();
        for (const auto& transaction : world.theirs->transactions)
            give.transaction_list.push_back(transaction.data);
        world.send(give);
        CHECK(world.expect<DeclareMiningJobError>().error_code == declare_error::stale_chain_tip);
        CHECK(world.frames.empty());
        CHECK(world.published.empty());
    }
    SECTION("too late") {
        world.now += std::chrono::seconds(61);
        world.session->on_timer(world.now);
        world.hear();
        CHECK(world.expect<DeclareMiningJobError>().error_code == declare_error::missing_txs);
        world.send(give);
        CHECK(world.frames.empty());
    }
}

TEST_CASE("A job that is no good is refused with a code and a reason") {
    DeclaringWorld world;
    world.set_up();
    auto message = world.declaration(world.token());
    const auto expect = [&](std::string_view code) {
        CHECK(refusal(world, message) == code);
        message = world.declaration(world.token());
        CHECK(world.published.empty());
    };
    const Bytes one{7};
    message.mining_job_token = one;
    expect(declare_error::invalid_mining_job_token);
    world.write_coinbase(world.theirs->coinbase_value_sats + 1);
    message.coinbase_tx_suffix = world.suffix;
    expect(declare_error::invalid_job);
    world.write_coinbase(world.theirs->coinbase_value_sats - world.theirs->fees_sats - 1);
    message.coinbase_tx_suffix = world.suffix;
    expect(declare_error::invalid_coinbase_tx);
    const auto own = std::exchange(world.payout, {0x52});
    world.write_coinbase(world.theirs->coinbase_value_sats);
    world.payout = own;
    message.coinbase_tx_suffix = world.suffix;  // pays somebody else
    expect(declare_error::invalid_coinbase_tx);
    message.coinbase_tx_prefix = message.coinbase_tx_prefix.first(43);
    expect(declare_error::invalid_coinbase_tx_input);
    world.wtxids[3] = world.wtxids[4];
    expect(declare_error::invalid_job);
    std::swap(world.wtxids[0], world.wtxids[1]);  // the commitment is of another order
    expect(declare_error::invalid_job);
    world.prefix[45] ^= 1;  // the height: one less
    expect(declare_error::stale_chain_tip);
    world.prefix[45] += 4;
    expect(declare_error::invalid_coinbase_tx_input);
    world.prefix[44] = 0x4c;  // no push of a height
    expect(declare_error::invalid_coinbase_tx_input);
    message.version = 1;
    expect(declare_error::invalid_job);
    world.send(message);
    world.expect<DeclareMiningJobSuccess>();
}

TEST_CASE("A tip that moves while the node judges makes the job stale") {
    DeclaringWorld world;
    world.answers_at_once = false;
    world.set_up();
    world.send(world.declaration(world.token()));
    CHECK(world.frames.empty());
    auto next = *world.ours;
    next.previous.bytes[0] ^= 1;
    world.ours = std::make_shared<const stratum::Template>(next);
    world.judge();
    CHECK(world.expect<DeclareMiningJobError>().error_code == declare_error::stale_chain_tip);
    world.ours = world.theirs;
    world.send(world.declaration(world.token()));
    std::exchange(world.answer, {})("inconclusive-not-best-prevblk");  // the node has moved, we have not
    CHECK(world.expect<DeclareMiningJobError>().error_code == declare_error::stale_chain_tip);
}

TEST_CASE("A client whose node heard of a block first waits for ours") {
    DeclaringWorld world;
    world.set_up();
    auto before = *world.ours;
    before.height -= 1;
    before.previous.bytes[0] ^= 1;
    world.ours = std::make_shared<const stratum::Template>(before);
    world.send(world.declaration(world.token()));
    CHECK(world.frames.empty());
    SECTION("it comes") {
        world.ours = world.theirs;
        world.session->on_template();
        world.hear();
        world.expect<DeclareMiningJobSuccess>();
    }
    SECTION("another comes behind it") {
        auto after = *world.theirs;
        after.height += 1;
        world.ours = std::make_shared<const stratum::Template>(after);
        world.session->on_template();
        world.hear();
        CHECK(world.expect<DeclareMiningJobError>().error_code == declare_error::stale_chain_tip);
    }
    SECTION("it never comes") {
        world.now += std::chrono::seconds(11);
        world.session->on_timer(world.now);
        world.hear();
        CHECK(world.expect<DeclareMiningJobError>().error_code == declare_error::stale_chain_tip);
    }
}

TEST_CASE("Without a node's judgement, or with too many waiting, a job is not accepted") {
    DeclaringWorld world;
    world.answers_at_once = false;
    world.set_up();
    world.send(world.declaration(world.token()));
    std::exchange(world.answer, {})(std::nullopt);
    CHECK(world.expect<DeclareMiningJobError>().error_code == declare_error::internal_error);
    world.answers_at_once = true;
    world.full = true;
    world.send(world.declaration(world.token()));
    CHECK(world.expect<DeclareMiningJobError>().error_code == declare_error::internal_error);
    world.full = false;
    world.answers_at_once = false;
    for (std::uint32_t id = 0; id < 5; ++id) {
        auto message = world.declaration(world.token());
        message.request_id = id;
        world.send(message);
    }
    const auto error = world.expect<DeclareMiningJobError>();
    CHECK(error.request_id == 4);
    CHECK(error.error_code == declare_error::internal_error);
    world.session.reset();  // with judgements open
    world.judge();
}

TEST_CASE("A pushed solution becomes a whole block") {
    DeclaringWorld world;
    world.set_up();
    world.send(world.declaration(world.token()));
    world.expect<DeclareMiningJobSuccess>();
    const Bytes extranonce(20, 7);
    PushSolution solution;
    solution.extranonce = extranonce;
    solution.prev_hash = world.theirs->previous;
    solution.ntime = world.theirs->time;
    solution.nbits = world.theirs->nbits;
    solution.version = world.theirs->version;
    for (; world.submitted.empty(); ++solution.nonce) world.send(solution);
    const auto& block = world.submitted.front();
    CHECK(world.chain.submit(stratum::assemble_block(*block.work, block.header, block.coinbase), now_s)
              .empty());
    CHECK(world.chain.tip() == block.hash);
    solution.prev_hash.bytes[0] ^= 1;
    world.send(solution);
    CHECK(world.submitted.size() == 1);
    CHECK_FALSE(world.session->closing());
}

TEST_CASE("Tokens are for one client, for ten minutes, and the oldest go when it asks for too many") {
    DeclaringWorld world;
    world.set_up();
    const auto refused = [&](const Bytes& token) {
        return refusal(world, world.declaration(token)) == declare_error::invalid_mining_job_token;
    };
    const auto first = world.token();
    world.now += std::chrono::seconds(1);
    for (int i = 0; i < 64; ++i) world.token();
    CHECK(refused(first));
    const auto late = world.token();
    world.now += std::chrono::minutes(10) + std::chrono::seconds(1);
    world.session->on_timer(world.now);
    CHECK(refused(late));
    const auto other = world.token();
    world.reconnect();
    world.set_up();
    CHECK(refused(other));
}

TEST_CASE("Only job declaration with transactions is served, in version 2") {
    const auto answer = [](std::uint8_t protocol, std::uint16_t version, std::uint32_t flags) {
        DeclaringWorld world;
        SetupConnection message;
        message.protocol = protocol;
        message.min_version = message.max_version = version;
        message.flags = flags;
        world.send(message);
        CHECK(world.session->closing());
        return std::string(world.expect<SetupConnectionError>().error_code);
    };
    CHECK(answer(0, 2, 1) == setup_error::unsupported_protocol);
    CHECK(answer(1, 3, 1) == setup_error::protocol_version_mismatch);
    CHECK(answer(1, 2, 0) == setup_error::missing_declare_tx_data_flag);
    CHECK(answer(1, 2, 3) == setup_error::unsupported_feature_flags);
}

TEST_CASE("Broken frames and silence end a declaration session") {
    DeclaringWorld world;
    const auto ends = [&](auto&& act) {
        world.session = std::make_shared<Session>(
            world, keys_of(1, 2), [] {}, world.now);
        act(*world.session);
        return world.session->closing();
    };
    const Bytes junk(22, 1);
    CHECK(ends([&](Session& session) { session.receive(junk, world.now); }));
    CHECK(ends([&](Session& session) { session.on_timer(world.now + std::chrono::seconds(11)); }));
    CHECK_FALSE(ends([&](Session& session) { session.on_timer(world.now + std::chrono::seconds(9)); }));
}

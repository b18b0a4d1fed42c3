// Shares of V2 channels: hashed by the rules of the specification, not by the code under test.

#include "stratum/v2/error_codes.h"
#include "stratum/v2/tlv.h"
#include "tests/unit/stratum/v2/mining_work.h"

using namespace stratum;
using namespace stratum::v2;
using namespace stratum::v2::testing;

TEST_CASE("Shares of an extended channel are credited, and told in batches") {
    MiningWorld world;
    const auto work = start_extended(world);
    Bytes rest(16);
    for (std::uint32_t i = 0; i < 25; ++i) {
        rest[0] = static_cast<std::uint8_t>(i);
        world.send<SubmitSharesExtended>(Share(work, 2, i, rest));
    }
    for (const auto last : {9u, 19u}) {
        const auto success = world.expect<SubmitSharesSuccess>();
        CHECK(success->last_sequence_number == last);
        CHECK(success->new_submits_accepted_count == 10);
    }
    CHECK(world.frames.empty());
    REQUIRE(world.session->flush_at());
    CHECK(*world.session->flush_at() <= world.now + std::chrono::seconds(1));
    world.now += std::chrono::seconds(1);
    world.session->flush(world.now);
    world.hear();
    const auto success = world.expect<SubmitSharesSuccess>();
    CHECK(success->last_sequence_number == 24);
    CHECK(success->new_submits_accepted_count == 5);
    CHECK_FALSE(world.session->flush_at());
    CHECK(world.session->accepted() == 25);
    for (const auto& verdict : world.verdicts)
        CHECK(verdict.credited_target == Difficulty::fraction(32)->target());
}

TEST_CASE("Shares of a standard channel are hashed over the root it was sent") {
    MiningWorld world;
    world.on_template(make_template(7, 1, easy_nbits));
    world.set_up(mining_requires_standard_jobs);
    world.open_standard();
    Work work;
    const auto job = world.expect<NewMiningJob>();
    const auto tip = world.expect<SetNewPrevHash>();
    work.job_id = job->job_id;
    work.version = job->version;
    work.root = job->merkle_root;
    work.ntime = tip->min_ntime;
    work.nbits = tip->nbits;
    work.previous = tip->prev_hash;
    SubmitSharesStandard share{2, 1, work.job_id, 0, work.ntime, work.version | 0x1fffffe0};
    while (!meets(hash_of(work, {}, share.nonce, share.version), Difficulty::fraction(32)->target()))
        ++share.nonce;
    std::optional<Hash256> judged;
    world.on_verdict = [&](const PendingShare&, const Hash256& hash, const Verdict&) { judged = hash; };
    world.send(share);
    CHECK(judged == hash_of(work, {}, share.nonce, share.version));
    CHECK(world.session->accepted() == 1);
    world.send(SubmitSharesExtended{2, 2, work.job_id, 0, work.ntime, work.version, {}, {}});
    CHECK(world.expect<SubmitSharesError>()->error_code == submit_error::invalid_channel_id);
}

TEST_CASE("A block is told at once") {
    MiningWorld world;
    const auto work = start_extended(world, MiningWorld::test_identity, regtest_nbits);
    const Bytes rest(16);
    world.send<SubmitSharesExtended>(Share(work, 2, 1, rest, *target_of_nbits(regtest_nbits)));
    CHECK(world.expect<SubmitSharesSuccess>()->new_submits_accepted_count == 1);
    CHECK(world.verdicts.at(0).block);
    world.now += std::chrono::seconds(2);
    world.session->flush(world.now);
    world.hear();
    CHECK(world.frames.empty());
}

TEST_CASE("Every refused share is answered with its code") {
    MiningWorld world;
    const auto work = start_extended(world);
    const Bytes rest(16);
    const Share good(work, 2, 3, rest);
    const auto answer = [&](const SubmitSharesExtended& share) {
        world.send(share);
        const auto error = world.expect<SubmitSharesError>();
        CHECK(error->channel_id == share.channel_id);
        CHECK(error->sequence_number == share.sequence_number);
        return std::string(error->error_code);
    };
    auto bad = good;
    for (const auto channel : {0u, group_channel_id, 3u, 0xffffffffu}) {
        bad.channel_id = channel;
        CHECK(answer(bad) == submit_error::invalid_channel_id);
    }
    bad = good;
    bad.job_id = work.job_id + 1;
    CHECK(answer(bad) == submit_error::invalid_job_id);
    for (const std::size_t size : {0u, 1u, 15u, 17u, 32u}) {
        const Bytes wrong(size);
        bad = good;
        bad.extranonce = wrong;
        CHECK(answer(bad) == submit_error::bad_extranonce_size);
    }
    bad = good;
    bad.ntime = work.ntime - 601;
    CHECK(answer(bad) == submit_error::invalid_share);
    bad.ntime = work.ntime + 7201;
    CHECK(answer(bad) == submit_error::invalid_share);
    bad = good;
    bad.version ^= 1;
    CHECK(answer(bad) == submit_error::invalid_non_rollable_version_bit);
    world.send<SubmitSharesExtended>(good);
    CHECK(world.session->accepted() == 1);
    CHECK(answer(good) == submit_error::duplicate_share);
    bad = good;
    while (meets(hash_of(work, rest, bad.nonce, bad.version), Difficulty::fraction(32)->target()))
        ++bad.nonce;
    CHECK(answer(bad) == submit_error::difficulty_too_low);
    world.announce(make_template(8, 2, easy_nbits));
    world.frames.clear();
    const Bytes other(16, 9);
    CHECK(answer(Share(work, 2, 4, other)) == submit_error::stale_share);
    CHECK(world.session->closing() == CloseReason::none);
}

TEST_CASE("A flood of refused shares ends the connection") {
    MiningWorld world;
    const auto work = start_extended(world);
    SubmitSharesExtended share{55, 1, work.job_id, 0, work.ntime, work.version, {}, {}};
    for (int i = 0; i < 250 && world.session->closing() == CloseReason::none; ++i) world.send(share);
    CHECK(world.session->closing() == CloseReason::misbehaviour);
}

TEST_CASE("A share is credited at the easier target after a change, and its job tells which") {
    MiningWorld world;
    const auto work = start_extended(world);
    UpdateChannel update;
    update.channel_id = 2;
    update.maximum_target = Difficulty::fraction(28)->target();
    world.send(update);
    world.expect<SetTarget>();
    auto harder = work;
    const auto job = world.expect<NewExtendedMiningJob>();
    harder.job_id = job->job_id;
    harder.prefix.assign(job->coinbase_tx_prefix.begin(), job->coinbase_tx_prefix.end());
    const Bytes rest(16);
    world.send<SubmitSharesExtended>(Share(work, 2, 1, rest));
    REQUIRE(world.verdicts.size() == 1);
    CHECK(world.verdicts.back().credited_target == Difficulty::fraction(32)->target());
    world.send<SubmitSharesExtended>(Share(harder, 2, 2, rest, update.maximum_target));
    CHECK(world.verdicts.back().credited_target == update.maximum_target);
}

TEST_CASE("A channel closed with shares under way settles them and ends") {
    MiningWorld world;
    const auto work = start_extended(world);
    const Bytes rest(16);
    // Both in one piece: the share waits in the batch while the channel is closed.
    MiningWorld other;
    other.on_template(make_template(7, 1, easy_nbits));
    Transport client(keys_of(2, 1));
    std::string wire;
    const auto add = [&](const auto& message) {
        std::string payload;
        append(message, payload);
        client.write(header_of<std::decay_t<decltype(message)>>(payload.size()), view_of(payload), wire);
    };
    SetupConnection setup;
    setup.min_version = setup.max_version = 2;
    add(setup);
    OpenExtendedMiningChannel open;
    open.user_identity = MiningWorld::test_identity;
    open.max_target = Uint256::max();
    add(open);
    add(static_cast<const SubmitSharesExtended&>(Share(work, 2, 1, rest)));
    add(CloseChannel{2, "done"});
    add(static_cast<const SubmitSharesExtended&>(Share(work, 2, 2, rest)));
    other.feed(*other.session, wire);
    CHECK(other.session->accepted() == 1);
    CHECK(other.channels_ended == 1);
    CHECK(other.session->closing() == CloseReason::none);
    CHECK_FALSE(other.session->mining());
    other.now += std::chrono::seconds(5);
    other.session->flush(other.now);
}

TEST_CASE("A group whose channels are all closed hears of no template") {
    MiningWorld world;
    const auto work = start_extended(world);
    ShareBatch batch;
    const auto receive = [&](const auto& message) {
        const auto wire = world.wire_of(message);
        CHECK(world.session->receive(wire, world.now, batch) == wire.size());
    };
    const Bytes rest(16);
    // The share keeps its channel until it is settled.
    receive(static_cast<const SubmitSharesExtended&>(Share(work, 2, 1, rest)));
    receive(CloseChannel{2, "done"});
    world.announce(make_template(8, 1, easy_nbits));
    CHECK(world.frames.empty());
    OpenExtendedMiningChannel open;
    open.user_identity = MiningWorld::test_identity;
    open.max_target = Uint256::max();
    receive(open);
    world.hear();
    CHECK(world.expect<OpenExtendedMiningChannelSuccess>()->channel_id == 3);
    CHECK_FALSE(world.expect<NewExtendedMiningJob>()->min_ntime);
    CHECK(world.expect<SetNewPrevHash>()->channel_id == 3);
    CHECK(world.frames.empty());
}

TEST_CASE("Vardiff tells a fast channel its target and gives it a job") {
    MiningWorld world;
    world.settings.mining.vardiff.enabled = true;
    world.settings.mining.success_batch = 1000;
    world.connect();
    const auto work = start_extended(world);
    Bytes rest(16);
    for (std::uint32_t i = 0; i < 64 && world.frames.empty(); ++i) {
        rest[0] = static_cast<std::uint8_t>(i);
        world.now += std::chrono::milliseconds(10);
        world.send<SubmitSharesExtended>(Share(work, 2, i, rest));
    }
    CHECK(world.expect<SetTarget>()->maximum_target < Difficulty::fraction(32)->target());
    const auto job = world.expect<NewExtendedMiningJob>();
    CHECK(job->channel_id == 2);
    CHECK(job->min_ntime.has_value());
    // Slow again: the timer finds it.
    world.now += std::chrono::minutes(4);
    world.session->on_timer(world.now);
    world.hear();
    world.expect<SetTarget>();
    world.expect<NewExtendedMiningJob>();
}

TEST_CASE("An idle session with a channel is small") {
    MiningWorld world;
    world.on_template(make_template(7, 1, easy_nbits));
    world.set_up();
    world.open_extended();
    CHECK(sizeof(stratum::v2::Session) + sizeof(Mining) + sizeof(MiningChannel) < 1500);
    CHECK(world.session->output().capacity() < 64);
}

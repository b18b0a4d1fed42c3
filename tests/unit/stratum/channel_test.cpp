// Verdicts of a channel: blocks before all else, then why a submission earns nothing.

#include "tests/catch.h"
#include "tests/unit/stratum/channel_world.h"

using namespace stratum;
using namespace stratum::testing;
using namespace std::chrono_literals;

namespace {

Uint256 network_target() { return *target_of_nbits(easy_network); }

}  // namespace

TEST_CASE("A hash that meets the network target is a block whatever becomes of the credit") {
    ChannelWorld world;
    const auto job = world.issue(1);
    auto sent = world.submission(job);
    const auto block = hash_meeting(network_target(), 7);

    SECTION("accepted") {
        const auto verdict = world.judge(sent, block);
        CHECK(verdict.block);
        CHECK_FALSE(verdict.reject);
        CHECK(verdict.credited_target == world.share_difficulty.target());
    }
    SECTION("duplicate") {
        world.judge(sent, block);
        const auto verdict = world.judge(sent, block);
        CHECK(verdict.block);
        CHECK(verdict.reject == RejectReason::duplicate);
    }
    SECTION("stale by its tip") {
        world.issue(2);
        const auto verdict = world.judge(sent, block);
        CHECK(verdict.block);
        CHECK(verdict.reject == RejectReason::stale);
    }
    SECTION("replaced long ago") {
        world.issue(1);
        world.now += replaced_job_credited_for + 1s;
        const auto verdict = world.judge(sent, block);
        CHECK(verdict.block);
        CHECK(verdict.reject == RejectReason::stale);
    }
    SECTION("unauthorized") {
        auto examined = world.channel.examine(sent, version_mask, world.jobs);
        examined.refused = RejectReason::unauthorized;
        const auto verdict = world.channel.judge(examined, block, world.now);
        CHECK(verdict.block);
        CHECK(verdict.reject == RejectReason::unauthorized);
    }
    SECTION("time out of range") {
        sent.ntime = 1;
        const auto verdict = world.judge(sent, block);
        CHECK(verdict.block);
        CHECK(verdict.reject == RejectReason::ntime_out_of_range);
    }
    SECTION("bits outside the mask") {
        sent.version_bits = 1;
        const auto verdict = world.judge(sent, block);
        CHECK(verdict.block);
        CHECK(verdict.reject == RejectReason::version_bits);
    }
    SECTION("easier than the share target") {
        // On regtest a channel's difficulty can be above the network's: credit for the work that is proven.
        world.retarget(*Difficulty::whole(1000));
        const auto verdict = world.judge(world.submission(world.channel.active_job()), block);
        CHECK(verdict.block);
        CHECK_FALSE(verdict.reject);
        CHECK(verdict.credited_target == network_target());
    }
}

TEST_CASE("The network target itself is a block and the number above it is not") {
    ChannelWorld world;
    const auto sent = world.submission(world.issue(1));
    CHECK(world.judge(sent, hash_of_number(network_target())).block);
    CHECK_FALSE(world.judge(sent, hash_of_number(network_target() + Uint256{1})).block);
}

TEST_CASE("A random nonce earns nothing") {
    ChannelWorld world;
    const auto job = world.issue(1);
    const auto missed = hash_missing(world.share_difficulty.target(), 1);
    CHECK(world.judge(world.submission(job), missed).reject == RejectReason::low_difficulty);
    std::uint32_t accepted = 0;
    for (std::uint32_t nonce = 0; nonce < 2000; ++nonce) {
        const auto examined = world.channel.examine(world.submission(job, nonce), version_mask, world.jobs);
        Hash256 hash;
        hash_headers({&examined.input, 1}, {&hash, 1});
        const auto verdict = world.channel.judge(examined, hash, world.now);
        if (!verdict.reject) ++accepted;
        CHECK(verdict.reject.has_value() == !meets(hash, world.share_difficulty.target()));
    }
    CHECK(accepted == 0);  // expected 2000 / 2^22
}

TEST_CASE("The same header is credited once") {
    ChannelWorld world;
    const auto job = world.issue(1);
    const auto sent = world.submission(job);
    const auto hash = hash_meeting(world.share_difficulty.target(), 9);
    CHECK_FALSE(world.judge(sent, hash).reject);
    CHECK(world.judge(sent, hash).reject == RejectReason::duplicate);
    SECTION("also after the job was replaced") {
        world.retarget(world.easier);
        CHECK(world.judge(sent, hash).reject == RejectReason::duplicate);
    }
    SECTION("also when the channel has moved to another session") {
        auto resumed = std::move(world.channel);
        world.channel = Channel(1, 8);
        CHECK(resumed.judge(resumed.examine(sent, 0, world.jobs), hash, world.now).reject ==
              RejectReason::duplicate);
    }
}

// A node that has no new transactions offers the same block again. The time is the client's to choose, so
// only the coinbase can keep the headers of the two jobs apart.
TEST_CASE("Work for one job is never work for another job too") {
    ChannelWorld world;
    auto first = new_template(77, 1, easy_network);
    auto second = std::make_shared<Template>(*first);
    second->number = 78;
    world.jobs.on_template(first, world.now);
    const auto sent = world.submission(world.issue_newest(0));
    const auto one = world.channel.examine(sent, 0, world.jobs);
    const auto variant = world.channel.examine(world.submission(world.issue_newest(1)), 0, world.jobs);
    world.jobs.on_template(second, world.now);
    const auto other = world.channel.examine(world.submission(world.issue_newest(0)), 0, world.jobs);
    auto restarted = std::make_shared<Template>(*first);
    restarted->number = 77 + (std::uint64_t{16} << 20);  // a start 16 seconds later
    world.jobs.on_template(restarted, world.now);
    const auto later = world.channel.examine(world.submission(world.issue_newest(0)), 0, world.jobs);

    const std::array<HeaderInput, 4> inputs{one.input, variant.input, other.input, later.input};
    std::array<Hash256, 4> hashes;
    hash_headers(inputs, hashes);
    for (std::size_t a = 0; a < hashes.size(); ++a)
        for (std::size_t b = 0; b < a; ++b) CHECK(hashes[a] != hashes[b]);
}

TEST_CASE("A job that was not sent to this channel is unknown to it") {
    ChannelWorld world;
    const auto job = world.issue(1);
    const auto variant = world.jobs.job(SizeClass::small, 3)->id();
    const auto other_class = world.jobs.job(SizeClass::huge, 0)->id();
    for (const auto id : {job + 1, std::uint64_t{0}, ~std::uint64_t{0}, variant, other_class}) {
        const auto examined = world.channel.examine(world.submission(id), version_mask, world.jobs);
        CHECK(examined.refused == RejectReason::unknown_job);
        CHECK(examined.input.job == nullptr);
    }
    CHECK(Channel(9, 8).examine(world.submission(job), 0, world.jobs).refused == RejectReason::unknown_job);
}

TEST_CASE("A job that the shard has forgotten is unknown and its hash can be no block") {
    ChannelWorld world;
    const auto job = world.issue(1);
    world.issue(2);
    world.now += job_kept_for + 1s;
    world.issue(2);
    CHECK(world.jobs.take_expired() == std::vector<std::uint64_t>{job});
    const auto verdict = world.judge(world.submission(job), hash_meeting(network_target(), 1));
    CHECK(verdict.reject == RejectReason::unknown_job);
    CHECK_FALSE(verdict.block);
}

TEST_CASE("The rest of the extranonce has exactly the size the channel was given") {
    ChannelWorld world;
    auto sent = world.submission(world.issue(1));
    for (std::uint8_t size = 0; size <= rest_bytes_max; ++size) {
        sent.rest_bytes = size;
        const auto examined = world.channel.examine(sent, version_mask, world.jobs);
        if (size == 8)
            CHECK_FALSE(examined.refused);
        else
            CHECK(examined.refused == RejectReason::extranonce_size);
    }
}

TEST_CASE("A header's time lies between the earliest allowed and two hours ahead of the job") {
    ChannelWorld world;
    auto sent = world.submission(world.issue(1));
    const auto& work = *world.jobs.newest();
    const auto refused_at = [&](std::uint32_t ntime) {
        sent.ntime = ntime;
        return world.channel.examine(sent, version_mask, world.jobs).refused;
    };
    CHECK(refused_at(0) == RejectReason::ntime_out_of_range);
    CHECK(refused_at(work.time_min - 1) == RejectReason::ntime_out_of_range);
    CHECK_FALSE(refused_at(work.time_min));
    CHECK_FALSE(refused_at(work.time + ntime_ahead_max));
    CHECK(refused_at(work.time + ntime_ahead_max + 1) == RejectReason::ntime_out_of_range);
    CHECK(refused_at(0xffffffff) == RejectReason::ntime_out_of_range);
}

TEST_CASE("Version bits outside what the client and the template allow are refused") {
    ChannelWorld world;
    auto work = new_template(5000, 1, easy_network);
    work->version = 0x20004000;
    work->version_required = 0x4000;
    world.jobs.on_template(work, world.now);
    auto sent = world.submission(world.issue_newest(0));
    const auto refused = [&](std::uint32_t bits, std::uint32_t mask) {
        sent.version_bits = bits;
        return world.channel.examine(sent, mask, world.jobs).refused;
    };
    CHECK_FALSE(refused(0x1fffa000, version_mask));
    CHECK(refused(0x4000, version_mask) == RejectReason::version_bits);      // the template needs it
    CHECK(refused(0x1000, version_mask) == RejectReason::version_bits);      // below the mask
    CHECK(refused(0x20000000, version_mask) == RejectReason::version_bits);  // above the mask
    CHECK(refused(0x2000, 0) == RejectReason::version_bits);                 // nothing was granted
    CHECK_FALSE(refused(0, 0));
}

TEST_CASE("Clients that OR, XOR or replace the rolled bits mean the same header") {
    ChannelWorld world;
    auto work = new_template(6000, 1, easy_network);
    work->version = 0x3fffe004;  // sets every bit that may be rolled
    work->version_required = 0x00010000;
    world.jobs.on_template(work, world.now);
    auto sent = world.submission(world.issue_newest(0));
    const auto job = world.jobs.job(SizeClass::small, 0);
    const auto mask = version_mask & job->version_mask();
    CHECK(mask == 0x1ffee000);
    CHECK((job->version() & 0x00010000) != 0);
    for (const std::uint32_t bits : {0u, 0x2000u, 0x1ffee000u, 0x0aaaa000u}) {
        sent.version_bits = bits & mask;
        const auto examined = world.channel.examine(sent, version_mask, world.jobs);
        CHECK(examined.input.version == (job->version() | sent.version_bits));
        CHECK(examined.input.version == (job->version() ^ sent.version_bits));
        CHECK(examined.input.version == ((job->version() & ~mask) | sent.version_bits));
    }
}

TEST_CASE("A channel that worked too easily on one job is told so when its table is full") {
    ChannelWorld world;
    const auto job = world.issue(1);
    for (std::size_t i = 0; i < duplicates_per_job_max; ++i)
        REQUIRE_FALSE(world.share(job, world.share_difficulty).reject);
    CHECK(world.share(job, world.share_difficulty).reject == RejectReason::too_many_shares);
    const auto next = world.retarget(world.harder);
    CHECK_FALSE(world.share(next, world.harder).reject);
}

// What a share is credited: the target is bound to the job, changes have a grace, and nobody gains by
// choosing.

#include <algorithm>
#include <random>

#include "tests/catch.h"
#include "tests/unit/stratum/channel_world.h"

using namespace stratum;
using namespace stratum::testing;
using namespace std::chrono_literals;

TEST_CASE("A job is credited at the target it was issued with after the channel's became harder") {
    ChannelWorld world;
    const auto old_job = world.issue(1);
    const auto new_job = world.retarget(world.harder);
    for (const auto wait : {0s, 29s, 31s, 60s}) {
        world.now += wait;
        INFO("after " << wait.count() << " s more");
        const auto verdict = world.share(old_job, world.share_difficulty);
        CHECK_FALSE(verdict.reject);
        CHECK(verdict.credited_target == world.share_difficulty.target());
        // Harder work on the old job earns no more: the job's target counts, not the hash.
        const auto lucky = world.share(old_job, world.harder);
        CHECK_FALSE(lucky.reject);
        CHECK(lucky.credited_target == world.share_difficulty.target());
        // The old target is no excuse on the new job.
        CHECK(world.share(new_job, world.share_difficulty).reject == RejectReason::low_difficulty);
        CHECK(world.share(new_job, world.harder).credited_target == world.harder.target());
    }
}

TEST_CASE(
    "After a change to an easier target both old and new work is credited at the easier one for a while") {
    ChannelWorld world;
    const auto old_job = world.issue(1);
    const auto new_job = world.retarget(world.easier);
    world.now += easier_target_credited_for;
    for (const auto job : {old_job, new_job})
        for (const auto difficulty : {world.share_difficulty, world.easier}) {
            const auto verdict = world.share(job, difficulty);
            CHECK_FALSE(verdict.reject);
            CHECK(verdict.credited_target == world.easier.target());
        }
    world.now += 1s;
    CHECK(world.share(old_job, world.easier).reject == RejectReason::low_difficulty);
    CHECK(world.share(old_job, world.share_difficulty).credited_target == world.share_difficulty.target());
    CHECK(world.share(new_job, world.easier).credited_target == world.easier.target());
}

TEST_CASE("Grace never reaches back to a target that was easier before the job was issued") {
    ChannelWorld world;
    world.channel.set_difficulty(world.easier, world.now);
    world.issue(1);
    const auto job = world.retarget(world.harder);
    world.retarget(world.share_difficulty);
    CHECK(world.share(job, world.easier).reject == RejectReason::low_difficulty);
    CHECK(world.share(job, world.share_difficulty).credited_target == world.share_difficulty.target());
}

TEST_CASE("A replaced job of the same tip is credited for two minutes") {
    ChannelWorld world;
    const auto job = world.issue(1);
    world.now += 1h;  // active, however old
    CHECK_FALSE(world.share(job, world.share_difficulty).reject);
    world.issue(1);
    world.now += replaced_job_credited_for;
    CHECK_FALSE(world.share(job, world.share_difficulty).reject);
    world.now += 1s;
    CHECK(world.share(job, world.share_difficulty).reject == RejectReason::stale);
}

TEST_CASE("A job goes stale when its replacement is sent and not before") {
    ChannelWorld world;
    const auto job = world.issue(1);
    world.offer(2);  // the shard knows the new tip, this channel's client does not
    CHECK_FALSE(world.share(job, world.share_difficulty).reject);
    world.now += 5min;
    CHECK_FALSE(world.share(job, world.share_difficulty).reject);
    world.issue_newest(0);
    CHECK(world.share(job, world.share_difficulty).reject == RejectReason::stale);
}

TEST_CASE("The oldest of too many issued jobs is forgotten and the others stay") {
    ChannelWorld world;
    std::vector<std::uint64_t> issued;
    for (std::size_t i = 0; i <= issued_jobs_max; ++i) issued.push_back(world.issue(1));
    const auto refused = [&](std::uint64_t job) {
        return world.channel.examine(world.submission(job), 0, world.jobs).refused;
    };
    CHECK(refused(issued[0]) == RejectReason::unknown_job);
    for (std::size_t i = 1; i < issued.size(); ++i) CHECK_FALSE(refused(issued[i]));
}

TEST_CASE("Variants of a template rise by one and end") {
    ChannelWorld world;
    CHECK(world.channel.next_variant(42) == 0);
    world.issue(1);
    const auto number = world.jobs.newest()->number;
    for (std::uint8_t variant = 1; variant < job_variants_max; ++variant) {
        CHECK(world.channel.next_variant(number) == variant);
        world.issue_newest(variant);
        CHECK(world.channel.variant_of(number) == variant);
    }
    CHECK_FALSE(world.channel.next_variant(number));
    CHECK(world.channel.next_variant(number + 1) == 0);
    CHECK(world.channel.variant_of(number + 1) == 0);
}

TEST_CASE("The same job sent again changes nothing") {
    ChannelWorld world;
    const auto job = world.issue(1);
    const auto hash = hash_meeting(world.share_difficulty.target(), 1000);
    CHECK_FALSE(world.judge(world.submission(job), hash).reject);
    world.issue_newest(0);
    world.now += 5min;
    CHECK(world.judge(world.submission(job), hash).reject == RejectReason::duplicate);
    CHECK_FALSE(world.share(job, world.share_difficulty).reject);
}

namespace {

// What Channel promises about targets, kept as a plain list of everything that ever happened.
struct NaiveTargets {
    struct Told {
        Uint256 target;
        Channel::Instant at;
    };
    struct Job {
        std::uint64_t id;
        std::size_t told;  // how many targets were told before it
    };
    std::vector<Told> told;
    std::vector<Job> jobs;

    Uint256 credited(const Job& job, Channel::Instant now) const {
        auto target = told[job.told - 1].target;
        if (now - told.back().at <= easier_target_credited_for)
            for (auto i = job.told; i < told.size(); ++i) target = std::max(target, told[i].target);
        return target;
    }
};

void compare_with_model(unsigned seed) {
    std::mt19937 random(seed);
    ChannelWorld world;
    NaiveTargets model;
    model.told.push_back({world.share_difficulty.target(), world.now});
    model.jobs.push_back({world.issue(1), 1});
    for (int step = 0; step < 400; ++step) {
        world.now += std::chrono::seconds(random() % 8);
        if (random() % 3 == 0) {
            const auto difficulty = *Difficulty::fraction(1 + static_cast<int>(random() % 30));
            if (difficulty.target() != world.channel.target()) {
                if (!world.channel.next_variant(world.jobs.newest()->number)) world.offer(1);
                model.told.push_back({difficulty.target(), world.now});
                model.jobs.push_back({world.retarget(difficulty), model.told.size()});
            }
        } else if (random() % 8 == 0) {
            model.jobs.push_back({world.issue(1), model.told.size()});
            world.channel.forget_expired(world.jobs);
        }
        const auto first = model.jobs.size() > 12 ? model.jobs.size() - 12 : 0;
        for (auto i = first; i < model.jobs.size(); ++i) {
            const auto& job = model.jobs[i];
            const auto verdict =
                world.judge(world.submission(job.id), hash_meeting(Uint256{~0ULL}, ++world.salt));
            if (verdict.reject == RejectReason::stale || verdict.reject == RejectReason::unknown_job)
                continue;
            INFO("seed " << seed << " step " << step << " job " << i);
            REQUIRE_FALSE(verdict.reject);
            REQUIRE(verdict.credited_target == model.credited(job, world.now));
        }
    }
}

}  // namespace

TEST_CASE("Targets of all jobs are those of a naive model through hundreds of random retargets") {
    for (unsigned seed = 1; seed <= 20; ++seed) compare_with_model(seed);
}

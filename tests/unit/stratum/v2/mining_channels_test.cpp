// Channels and their work, as real clients need them.

#include "stratum/v2/error_codes.h"
#include "tests/unit/stratum/v2/mining_world.h"

using namespace stratum;
using namespace stratum::v2;
using namespace stratum::v2::testing;

namespace {

constexpr std::uint32_t easy_nbits = 0x1d00ffff;

template <Message M>
std::string refusal(MiningWorld& world, const M& message) {
    world.send(message);
    return std::string(world.expect<OpenMiningChannelError>()->error_code);
}

OpenExtendedMiningChannel extended() {
    OpenExtendedMiningChannel out;
    out.request_id = 5;
    out.user_identity = MiningWorld::test_identity;
    out.max_target = Uint256::max();
    return out;
}

}  // namespace

TEST_CASE("A channel starts with its success, a future job and the tip that makes it active") {
    MiningWorld world;
    world.on_template(make_template(7, 1, easy_nbits));
    world.set_up();
    SECTION("extended") {
        const auto opened = world.open_extended();
        CHECK(opened->request_id == 11);
        CHECK(opened->channel_id == 2);
        CHECK(opened->group_channel_id == 1);
        CHECK(opened->extranonce_size == 16);
        CHECK(opened->extranonce_prefix.size() == 4);
        CHECK(opened->target == Difficulty::fraction(32)->target());
        const auto job = world.expect<NewExtendedMiningJob>();
        CHECK(job->channel_id == 2);
        CHECK_FALSE(job->min_ntime);
        CHECK(job->version_rolling_allowed);
        CHECK(job->merkle_path.size() == 2);
        const auto tip = world.expect<SetNewPrevHash>();
        CHECK(tip->channel_id == 2);
        CHECK(tip->job_id == job->job_id);
        CHECK(tip->nbits == easy_nbits);
        CHECK(tip->prev_hash.bytes[5] == 1);
    }
    SECTION("standard") {
        const auto opened = world.open_standard();
        CHECK(opened->channel_id == 2);
        CHECK(opened->group_channel_id == 1);
        CHECK(opened->extranonce_prefix.size() == 20);
        const auto job = world.expect<NewMiningJob>();
        CHECK(job->channel_id == 2);
        CHECK_FALSE(job->min_ntime);
        CHECK(world.expect<SetNewPrevHash>()->job_id == job->job_id);
    }
    CHECK(world.frames.empty());
}

TEST_CASE("Channels opened before there is work start with the first template") {
    MiningWorld world;
    world.set_up();
    world.open_extended();
    world.open_standard();
    CHECK(world.frames.empty());
    world.announce(make_template(7, 1, easy_nbits));
    CHECK(world.expect<NewExtendedMiningJob>()->channel_id == 2);
    CHECK(world.expect<SetNewPrevHash>()->channel_id == 2);
    CHECK(world.expect<NewMiningJob>()->channel_id == 3);
    CHECK(world.expect<SetNewPrevHash>()->channel_id == 3);
    CHECK(world.frames.empty());
}

TEST_CASE("A group of channels hears of a new template once") {
    MiningWorld world;
    world.on_template(make_template(7, 1, easy_nbits));
    world.set_up();
    std::uint32_t first_id = 0;
    for (int i = 0; i < 5; ++i) {
        world.open_extended();
        first_id = world.expect<NewExtendedMiningJob>()->job_id;
        world.expect<SetNewPrevHash>();
        world.open_standard();
        CHECK(world.expect<NewMiningJob>()->job_id == first_id);
        world.expect<SetNewPrevHash>();
    }
    world.announce(make_template(8, 1, easy_nbits));
    const auto same_tip = world.expect<NewExtendedMiningJob>();
    CHECK(same_tip->channel_id == group_channel_id);
    CHECK(same_tip->job_id == first_id + 1);
    CHECK(same_tip->min_ntime == 1'700'000'000u);
    CHECK(world.frames.empty());
    world.announce(make_template(9, 2, easy_nbits));
    const auto future = world.expect<NewExtendedMiningJob>();
    CHECK_FALSE(future->min_ntime);
    const auto tip = world.expect<SetNewPrevHash>();
    CHECK(tip->channel_id == group_channel_id);
    CHECK(tip->job_id == future->job_id);
    CHECK(world.frames.empty());
    world.session->on_job(world.now);
    world.hear();
    CHECK(world.frames.empty());  // told once
}

TEST_CASE("A group that is behind catches up before a channel joins it") {
    MiningWorld world;
    world.on_template(make_template(7, 1, easy_nbits));
    world.set_up();
    world.open_extended();
    world.frames.clear();
    world.on_template(make_template(8, 1, easy_nbits));
    OpenExtendedMiningChannel message = extended();
    world.send(message);
    CHECK(world.expect<NewExtendedMiningJob>()->channel_id == group_channel_id);
    CHECK(world.expect<OpenExtendedMiningChannelSuccess>()->channel_id == 3);
    CHECK(world.expect<NewExtendedMiningJob>()->channel_id == 3);
    CHECK(world.expect<SetNewPrevHash>()->channel_id == 3);
    world.session->on_job(world.now);
    world.hear();
    CHECK(world.frames.empty());
}

TEST_CASE("Where standard jobs are required all jobs come first, then all tips, and nothing for a group") {
    MiningWorld world;
    world.on_template(make_template(7, 1, easy_nbits));
    world.set_up(mining_requires_standard_jobs);
    for (int i = 0; i < 10; ++i) {
        world.open_standard();
        world.frames.clear();
    }
    world.announce(make_template(8, 2, easy_nbits));
    std::vector<Hash256> roots;
    for (std::uint32_t id = 2; id < 12; ++id) {
        const auto job = world.expect<NewMiningJob>();
        CHECK(job->channel_id == id);
        CHECK_FALSE(job->min_ntime);
        roots.push_back(job->merkle_root);
    }
    std::sort(roots.begin(), roots.end());
    CHECK(std::adjacent_find(roots.begin(), roots.end()) == roots.end());
    for (std::uint32_t id = 2; id < 12; ++id) CHECK(world.expect<SetNewPrevHash>()->channel_id == id);
    world.announce(make_template(9, 2, easy_nbits));
    for (std::uint32_t id = 2; id < 12; ++id)
        CHECK(world.expect<NewMiningJob>()->min_ntime == 1'700'000'000u);
    CHECK(world.frames.empty());
    CHECK(refusal(world, extended()) == open_error::extended_channels_not_supported_for_standard_jobs);
}

TEST_CASE("A channel that cannot be opened is told why") {
    MiningWorld world;
    world.on_template(make_template(7, 1, easy_nbits));
    world.settings.mining.channels_max = 1;
    world.connect();
    world.set_up();
    auto message = extended();
    message.min_extranonce_size = 17;
    CHECK(refusal(world, message) == open_error::min_extranonce_size_too_large);
    message = extended();
    message.max_target = Uint256{};
    CHECK(refusal(world, message) == open_error::max_target_out_of_range);
    message = extended();
    for (const auto bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -1.0f}) {
        message.nominal_hash_rate = bad;
        CHECK(refusal(world, message) == open_error::invalid_nominal_hashrate);
    }
    message = extended();
    message.user_identity = "";
    CHECK(refusal(world, message) == open_error::invalid_user_identity);
    message.user_identity = "a\nb";
    CHECK(refusal(world, message) == open_error::invalid_user_identity);
    message.user_identity = "nobody.rig";
    CHECK(refusal(world, message) == open_error::unknown_user);
    world.open_extended();
    world.frames.clear();
    CHECK(refusal(world, extended()) == open_error::channel_capacity_exhausted);
    CHECK(world.session->closing() == CloseReason::none);
}

TEST_CASE("The first target follows the hash rate and never passes what the client can take") {
    MiningWorld world;
    world.settings.mining.vardiff.shares_per_minute = 6;
    world.connect();
    world.set_up();
    auto message = extended();
    message.nominal_hash_rate = 1e12f;
    world.send(message);
    auto target = world.expect<OpenExtendedMiningChannelSuccess>()->target;
    CHECK(target == Difficulty::whole(2048)->target());  // 1e13 hashes a share are difficulty 2328
    message.nominal_hash_rate = 1000;
    message.max_target = Difficulty::whole(1000)->target();
    world.send(message);
    target = world.expect<OpenExtendedMiningChannelSuccess>()->target;
    CHECK(target == Difficulty::whole(1024)->target());
}

TEST_CASE("An update is always answered with a target, and with a job when it changed") {
    MiningWorld world;
    world.on_template(make_template(7, 1, easy_nbits));
    world.set_up();
    world.open_extended();
    world.frames.clear();
    UpdateChannel message;
    message.channel_id = 2;
    message.maximum_target = Uint256::max();
    world.send(message);
    CHECK(world.expect<SetTarget>()->maximum_target == Difficulty::fraction(32)->target());
    CHECK(world.frames.empty());
    message.maximum_target = Difficulty::whole(1)->target();
    world.send(message);
    CHECK(world.expect<SetTarget>()->maximum_target == message.maximum_target);
    const auto job = world.expect<NewExtendedMiningJob>();
    CHECK(job->channel_id == 2);
    CHECK(job->min_ntime.has_value());
    message.nominal_hash_rate = 1e13f;
    world.send(message);
    CHECK(world.expect<SetTarget>()->maximum_target < message.maximum_target);
    CHECK(world.expect<NewExtendedMiningJob>()->job_id == job->job_id + 1);
    message.nominal_hash_rate = -2;
    world.send(message);
    CHECK(world.expect<UpdateChannelError>()->error_code == update_error::invalid_nominal_hashrate);
    message = {};
    message.channel_id = 99;
    world.send(message);
    CHECK(world.expect<UpdateChannelError>()->error_code == update_error::invalid_channel_id);
    CHECK(world.frames.empty());
}

TEST_CASE("A storm of updates uses up a template's variants and harms nobody") {
    MiningWorld world;
    world.on_template(make_template(7, 1, easy_nbits));
    world.set_up();
    world.open_extended();
    world.frames.clear();
    UpdateChannel message;
    message.channel_id = 2;
    message.maximum_target = Uint256::max();
    for (int i = 0; i < 200; ++i) {
        message.nominal_hash_rate = i % 2 == 0 ? 1e15f : 1e12f;
        world.send(message);
        world.expect<SetTarget>();
        if (i >= 31)
            CHECK(world.frames.empty());
        else
            world.expect<NewExtendedMiningJob>();
    }
    world.announce(make_template(8, 1, easy_nbits));
    CHECK(world.expect<NewExtendedMiningJob>()->channel_id == group_channel_id);
}

TEST_CASE("A closed channel is gone, alone or with its group") {
    MiningWorld world;
    world.on_template(make_template(7, 1, easy_nbits));
    world.set_up();
    for (int i = 0; i < 3; ++i) {
        world.open_extended();
        world.frames.clear();
    }
    world.send(CloseChannel{3, "done"});
    CHECK(world.channels_ended == 1);
    CHECK(world.logouts == 1);
    CHECK(world.frames.empty());
    world.send(CloseChannel{3, "again"});
    world.send(CloseChannel{77, "unknown"});
    CHECK(world.channels_ended == 1);
    world.open_extended();
    world.frames.clear();
    world.send(CloseChannel{group_channel_id, "all"});
    CHECK(world.channels_ended == 4);
    CHECK_FALSE(world.session->mining());
    world.announce(make_template(8, 1, easy_nbits));
    CHECK(world.frames.empty());
    CHECK(world.open_extended()->channel_id == 6);  // ids are not used again
    CHECK_FALSE(world.expect<NewExtendedMiningJob>()->min_ntime);
    world.expect<SetNewPrevHash>();
}

TEST_CASE("A custom job is refused where jobs cannot be declared") {
    MiningWorld world;
    world.set_up();
    SetCustomMiningJob message;
    message.channel_id = 2;
    message.request_id = 8;
    world.send(message);
    const auto error = world.expect<SetCustomMiningJobError>();
    CHECK(error->request_id == 8);
    CHECK(error->error_code == custom_job_error::jd_not_supported);
}

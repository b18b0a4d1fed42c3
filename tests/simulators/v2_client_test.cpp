// The V2 client against a fake pool that checks its shares with the server's hashing.

#include "tests/simulators/v2_client.h"

#include <algorithm>

#include "tests/simulators/v2_dialogue.h"

using namespace simulators;
namespace v2 = stratum::v2;

namespace {

V2Options with_channels(ChannelKind kind, std::size_t count, std::uint32_t flags = 0) {
    V2Options options;
    options.flags = flags;
    for (std::size_t i = 0; i < count; ++i) options.channels.push_back({.kind = kind, .user = "somebody.w"});
    return options;
}

void check_clean(const Dialogue& world) {
    for (const auto& text : world.client.violations().texts()) UNSCOPED_INFO(text);
    CHECK(world.client.violations().empty());
    CHECK(world.client.trouble().empty());
}

}  // namespace

TEST_CASE("Shares of every kind of channel count at a pool that hashes by itself") {
    for (const auto kind : {ChannelKind::standard, ChannelKind::extended}) {
        Dialogue world(with_channels(kind, 3));
        world.run();
        REQUIRE(world.opened == std::vector<std::uint32_t>{2, 3, 4});
        for (auto& [id, channel] : world.client.channels()) {
            REQUIRE(channel.is_open());
            CHECK(channel.seat().version_mask == rolled_bits);
            world.mine(channel, 10);
        }
        world.run();
        CHECK(world.accepted.size() == 30);
        CHECK(std::is_sorted(world.accepted.begin(), world.accepted.end()));
        CHECK(world.rejected.empty());
        check_clean(world);
    }
}

TEST_CASE("Bytes may come one at a time") {
    Dialogue world(with_channels(ChannelKind::extended, 1));
    for (int round = 0; round < 4; ++round) {
        REQUIRE(world.pool.receive(stratum::view_of(std::exchange(world.client.output(), {}))));
        for (const char byte : std::exchange(world.pool.output(), {}))
            world.client.receive(stratum::view_of(std::string_view(&byte, 1)), dialogue_now);
    }
    CHECK(world.worked == std::vector<std::uint32_t>{2});
    check_clean(world);
}

TEST_CASE("A certificate that does not hold ends the connection, a clock that is a little off does not") {
    struct Row {
        std::uint32_t now;
        bool right_key;
        bool holds;
    };
    for (const Row& row :
         {Row{dialogue_now, true, true}, Row{dialogue_now, false, false}, Row{dialogue_now + 65, true, true},
          Row{dialogue_now + 100, true, false}, Row{dialogue_now - 100, true, false}}) {
        v2::SeededBytes random(5);
        const auto keys = FakePoolKeys::make(std::ref(random), {dialogue_now - 60, dialogue_now + 60});
        V2Events nothing;
        V2Options options;
        options.authority = row.right_key ? keys.authority : keys.server.secret.public_key();
        V2Client client(options, v2::make_key_pair(std::ref(random)), nothing);
        V2FakePool pool(keys, v2::make_key_pair(std::ref(random)), {}, {});
        REQUIRE(pool.receive(stratum::view_of(client.output())));
        client.receive(stratum::view_of(pool.output()), row.now);
        CHECK((client.state() == V2Client::State::setup) == row.holds);
        CHECK((client.state() == V2Client::State::failed) == !row.holds);
    }
}

TEST_CASE("Worker names go with shares once the pool granted them") {
    for (const bool granted : {true, false}) {
        auto options = with_channels(ChannelKind::extended, 1);
        options.worker_names = true;
        Dialogue world(options, {.grants_names = granted});
        world.run();
        REQUIRE(world.opened.size() == 1);
        CHECK(world.client.has_worker_names() == granted);
        world.mine(*world.client.channel(2), 10, "rack7");
        world.run();
        REQUIRE(world.pool.shares().size() == 10);
        CHECK(world.pool.shares()[0].worker == (granted ? "rack7" : ""));
        check_clean(world);
    }
}

TEST_CASE("A tip of the group is work for each of its channels, older work is stale") {
    Dialogue world(with_channels(ChannelKind::extended, 3));
    world.run();
    const Work old_work = world.client.channel(2)->work();
    const std::uint32_t old_job = world.client.channel(2)->job()->id;
    world.worked.clear();
    FakeTip tip;
    tip.previous.bytes.fill(7);
    tip.ntime += 30;
    world.pool.new_tip(tip);
    world.run();
    CHECK(world.worked == std::vector<std::uint32_t>{2, 3, 4});
    CHECK(world.client.channel(4)->work().previous == tip.previous);
    CHECK(world.client.channel(4)->work().ntime == tip.ntime);
    CHECK(world.client.channel(4)->job()->id != old_job);
    for (auto& [id, channel] : world.client.channels()) world.mine(channel, 1);
    const auto late = ShareMaker(old_work, world.client.channel(2)->seat(), BlockWish::any, 3).next(1 << 20);
    world.client.submit(*world.client.channel(2), {.job_id = old_job, .sequence_number = 99}, *late);
    world.run();
    CHECK(world.accepted.empty());
    CHECK(world.rejected == std::vector<std::string>{"stale-share"});
    world.pool.flush();
    world.run();
    CHECK(world.accepted == std::vector<std::uint32_t>{1, 2, 3});
    check_clean(world);
}

TEST_CASE("Standard jobs come for each channel") {
    Dialogue world(with_channels(ChannelKind::standard, 3, v2::mining_requires_standard_jobs));
    world.run();
    FakeTip tip;
    tip.previous.bytes.fill(9);
    world.pool.new_tip(tip);
    world.run();
    CHECK(world.worked == std::vector<std::uint32_t>{2, 3, 4, 2, 3, 4});
    for (auto& [id, channel] : world.client.channels()) world.mine(channel, 10);
    world.run();
    CHECK(world.accepted.size() == 30);
    check_clean(world);
}

TEST_CASE("A new target is for later jobs and for stored ones, not for the running one") {
    Dialogue world(with_channels(ChannelKind::extended, 1));
    world.run();
    const V2Channel& channel = *world.client.channel(2);
    const Uint256 first = channel.job_target();
    const Uint256 harder = first >> 4;
    const std::uint32_t stored = world.pool.new_job(2, std::nullopt);
    world.pool.send(v2::SetTarget{.channel_id = V2FakePool::group_id, .maximum_target = harder});
    world.run();
    CHECK(channel.job_target() == first);
    world.pool.send(v2::SetNewPrevHash{
        .channel_id = 2, .job_id = stored, .prev_hash = {}, .min_ntime = 5, .nbits = 0x207fffff});
    world.run();
    CHECK(channel.job_target() == harder);
    world.pool.send(v2::SetTarget{.channel_id = 2, .maximum_target = first});
    world.pool.new_job(2, 6);
    world.run();
    CHECK(channel.job_target() == first);
    CHECK(channel.work().ntime == 6);
    check_clean(world);
}

TEST_CASE("A channel closed by either side takes no more work") {
    Dialogue world(with_channels(ChannelKind::extended, 3));
    world.run();
    world.client.close(2);
    world.pool.send(v2::CloseChannel{.channel_id = 3, .reason_code = "gone"});
    world.run();
    CHECK(world.closed == std::vector<std::uint32_t>{3});
    CHECK(world.client.channel(2) == nullptr);
    CHECK(world.client.channel(3) == nullptr);
    world.worked.clear();
    world.pool.new_tip({});
    world.run();
    CHECK(world.worked == std::vector<std::uint32_t>{4});
    check_clean(world);
}

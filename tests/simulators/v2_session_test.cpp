// The strict client against the server's own V2 session, without sockets: seeded days of templates, tips,
// retargets, channels that come and go, shares in time and late. The client names no broken rule, every share
// is answered, and every share in time is accepted.

#include "stratum/v2/session.h"

#include <algorithm>

#include "tests/simulators/v2_client.h"
#include "tests/unit/stratum/pool_world.h"
#include "tests/unit/stratum/v2/key_world.h"

using namespace simulators;
namespace v2 = stratum::v2;
using stratum::testing::make_template;

namespace {

constexpr std::uint32_t nbits = 0x1d00ffff;  // no share here is a block

class Pair : public stratum::testing::PoolWorld, private V2Events {
  public:
    Pair(std::uint64_t seed, V2Options options)
        : random_(seed), client_(std::move(options), v2::make_key_pair(std::ref(random_)), *this) {
        const v2::KeyPair server = v2::make_key_pair(std::ref(random_));
        const auto certificate = v2::sign_certificate(v2::SecretKey::make(std::ref(random_)),
                                                      server.secret.public_key(), {0, ~0U}, {});
        const std::string act1 = std::exchange(client_.output(), {});
        const auto response =
            v2::respond(std::span<const std::uint8_t, v2::act1_bytes>(stratum::view_of(act1)),
                        v2::make_key_pair(std::ref(random_)), server, certificate);
        settings_.mining.difficulty_start = *stratum::Difficulty::fraction(32);
        settings_.mining.difficulty_min = *stratum::Difficulty::fraction(32);
        settings_.mining.difficulty_capped_by_network = false;
        session_ = std::make_unique<v2::Session>(settings_, *this, response.keys, now);
        client_.receive(response.act2, 1000);
    }

    // Carries bytes until neither side has any.
    void run() {
        do {
            feed(*session_, std::exchange(client_.output(), {}));
            REQUIRE(session_->closing() == stratum::CloseReason::none);
            client_.receive(stratum::view_of(std::exchange(session_->output(), {})), 1000);
            check();
        } while (!client_.output().empty());
    }
    void check() {
        for (const auto& text : client_.violations().texts()) UNSCOPED_INFO(text);
        REQUIRE(client_.violations().empty());
        REQUIRE(client_.trouble().empty());
    }
    void next_template(bool new_tip) {
        if (new_tip) ++tip_;
        ++template_;
        on_template(make_template(template_, tip_, nbits, template_ % 7));
        session_->on_job(now);
        run();
    }
    void wait(std::chrono::milliseconds time) {
        now += time;
        if (const auto at = session_->flush_at(); at && *at <= now) session_->flush(now);
        session_->on_timer(now);
        run();
    }
    // A share of the channel's work of now.
    void mine(V2Channel& channel) {
        Work work = channel.work();
        const std::uint32_t job = channel.job()->id;
        ShareMaker maker(work, channel.seat(), BlockWish::avoid, random_.next());
        const auto share = maker.next(1 << 10);
        if (!share) return;  // the channel has become hard
        client_.submit(channel, {.job_id = job, .sequence_number = sequence_++, .worker = "rig"}, *share);
    }
    std::uint64_t draw(std::uint64_t below) { return random_.next() % below; }
    V2Channel& any_channel() {
        auto at = client_.channels().begin();
        std::advance(at, static_cast<std::ptrdiff_t>(draw(client_.channels().size())));
        return at->second;
    }
    V2Client& client() { return client_; }
    [[nodiscard]] std::uint32_t submitted() const { return sequence_; }

    std::uint64_t accepted = 0;
    std::uint64_t rejected = 0;

  private:
    void on_accepted(V2Channel&, std::uint32_t) override { ++accepted; }
    void on_rejected(std::uint32_t, std::uint32_t, std::string_view code) override {
        UNSCOPED_INFO("rejected: " << code);
        ++rejected;
    }

    v2::SeededBytes random_;
    V2Client client_;
    v2::SessionSettings settings_;
    std::unique_ptr<v2::Session> session_;
    std::uint64_t template_ = 1;
    std::uint8_t tip_ = 1;
    std::uint32_t sequence_ = 0;
};

struct Row {
    const char* name;
    std::uint32_t flags;
    std::vector<ChannelKind> kinds;
};

void one_event(Pair& world, const Row& row) {
    const auto event = world.draw(100);
    if (event < 60) {
        for (std::uint64_t i = world.draw(4); i-- > 0;) world.mine(world.any_channel());
        world.run();
    } else if (event < 70) {
        world.next_template(false);
    } else if (event < 75) {
        world.next_template(true);
    } else if (event < 85) {
        world.wait(std::chrono::milliseconds(world.draw(20'000)));
    } else if (event < 90 && world.client().channels().size() < 30) {
        world.client().open({.kind = row.kinds[world.draw(row.kinds.size())],
                             .user = std::string(stratum::testing::test_address) + ".w",
                             .nominal_hash_rate = static_cast<float>(world.draw(1000))});
        world.run();
    } else if (event < 95 && world.client().channels().size() > 1) {
        V2Channel& channel = world.any_channel();
        if (channel.waiting() == 0) world.client().close(channel.id());
        world.run();
    } else {
        world.client().update(world.any_channel(), static_cast<float>(1 + world.draw(1 << 20)),
                              Uint256::max() >> static_cast<int>(world.draw(8)));
        world.run();
    }
}

}  // namespace

TEST_CASE("A strict client finds nothing wrong with the server's session") {
    const Row rows[] = {
        {"a group of both kinds",
         v2::mining_requires_version_rolling,
         {ChannelKind::standard, ChannelKind::extended}},
        {"standard jobs", v2::mining_requires_standard_jobs, {ChannelKind::standard}},
    };
    for (const Row& row : rows)
        for (std::uint64_t seed = 1; seed <= 4; ++seed) {
            INFO(row.name << ", seed " << seed);
            V2Options options;
            options.flags = row.flags;
            options.worker_names = seed % 2 == 0;
            for (const auto kind : row.kinds)
                options.channels.push_back(
                    {.kind = kind, .user = std::string(stratum::testing::test_address) + ".w"});
            Pair world(seed, options);
            world.on_template(make_template(1, 1, nbits));
            world.run();
            REQUIRE(world.client().channels().size() == row.kinds.size());
            for (int i = 0; i < 1000; ++i) one_event(world, row);
            world.wait(std::chrono::seconds(5));
            CHECK(world.rejected == 0);
            CHECK(world.submitted() > 100);
            CHECK(world.accepted == world.submitted());
        }
}

TEST_CASE("Channels opened before there is work get it with the first template") {
    V2Options options;
    options.flags = 0;
    for (int i = 0; i < 3; ++i) options.channels.push_back({.user = stratum::testing::test_address});
    Pair world(7, options);
    world.run();
    CHECK(world.client().channels().size() == 3);
    world.next_template(true);
    for (auto& [id, channel] : world.client().channels()) CHECK(channel.is_open());
}

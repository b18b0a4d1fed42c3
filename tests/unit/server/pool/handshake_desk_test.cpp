// The handshake desk with its thread, asked by a shard that only collects.

#include "server/pool/handshake_desk.h"
#include "tests/catch.h"

#include "tests/unit/server/pool/handshake_world.h"

using namespace server::pool;
using server::pool::testing::open_identity;
using server::pool::testing::TemporaryFolder;
using stratum::v2::Initiator;

namespace {

class Collector final : public HandshakeAsker {
  public:
    void on_handshake(HandshakeReply reply) override {
        [[maybe_unused]] const bool taken = replies.push(std::move(reply));
    }
    std::vector<HandshakeReply> wait_for(std::size_t count) {
        std::vector<HandshakeReply> out;
        while (out.size() < count) {
            auto some = replies.take_all(std::chrono::seconds(10));
            if (some.empty()) break;
            out.insert(out.end(), some.begin(), some.end());
        }
        return out;
    }
    server::BoundedQueue<HandshakeReply> replies{handshakes_waiting_max * 2};
};

struct World {
    explicit World() {
        options.data_dir = folder.path();
        identity = open_identity(options, std::chrono::system_clock::now());
        desk = std::make_unique<HandshakeDesk>(*identity, server::fill_random);
    }
    HandshakeOrder order(const Initiator& client, int descriptor, std::uint64_t serial) const {
        return {{descriptor, serial}, {}, std::chrono::steady_clock::now(), client.act1()};
    }
    TemporaryFolder folder;
    PoolOptions options;
    std::unique_ptr<IdentityKeeper> identity;
    Collector shard;  // outlives the desk
    std::unique_ptr<HandshakeDesk> desk;
};

}  // namespace

TEST_CASE("Each handshake asked for is answered once, by name, with keys that fit") {
    World world;
    world.desk->start();
    std::vector<Initiator> clients;
    for (int i = 0; i < 20; ++i) clients.emplace_back(stratum::v2::make_key_pair(server::fill_random));
    for (int i = 0; i < 20; ++i)
        REQUIRE(world.desk->ask(
            world.order(clients[static_cast<std::size_t>(i)], 5, static_cast<std::uint64_t>(i)),
            world.shard));
    const auto replies = world.shard.wait_for(20);
    REQUIRE(replies.size() == 20);
    for (std::size_t i = 0; i < 20; ++i) {
        CHECK(replies[i].connection == ConnectionName{5, i});
        const auto session = clients[i].read_act2(replies[i].response.act2);
        REQUIRE(session.has_value());
        CHECK(session->keys.send == replies[i].response.keys.receive);
        CHECK(session->keys.receive == replies[i].response.keys.send);
        CHECK(check(session->certificate, {session->server_key, world.identity->current()->authority},
                    static_cast<std::uint32_t>(std::chrono::system_clock::to_time_t(
                        std::chrono::system_clock::now()))) == stratum::v2::CertificateCheck::valid);
    }
}

TEST_CASE("No more handshakes wait than the limit, and those are answered when the desk comes to them") {
    World world;
    const Initiator client(stratum::v2::make_key_pair(server::fill_random));
    for (std::size_t i = 0; i < handshakes_waiting_max; ++i)
        REQUIRE(world.desk->ask(world.order(client, 1, i), world.shard));
    CHECK_FALSE(world.desk->ask(world.order(client, 1, 0), world.shard));
    world.desk->start();
    CHECK(world.shard.wait_for(100).size() >= 100);
    world.desk->stop();  // busy: the rest is left
    CHECK_FALSE(world.desk->ask(world.order(client, 1, 0), world.shard));
    world.desk->stop();
}

TEST_CASE("A desk that was never started stops too") {
    World world;
    world.desk->stop();
}

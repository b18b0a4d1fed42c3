// Ports that speak Stratum V2, over real loopback sockets: handshakes, first bytes, time limits.

#include "server/pool/handshake_desk.h"
#include "stratum/v2/authority.h"
#include "stratum/v2/messages_mining.h"
#include "tests/catch.h"
#include "tests/simulators/v2_hello.h"
#include "tests/unit/server/pool/pool_world.h"

using namespace server::pool;
using namespace server::pool::testing;
using simulators::V2Hello;
using stratum::v2::OpenExtendedMiningChannel;
using stratum::v2::OpenExtendedMiningChannelSuccess;

namespace {

RunningPool::Change accepting(Accepts accepts) {
    return [accepts](PoolOptions& options) { options.listeners[0].accepts = accepts; };
}

struct Opened {
    std::uint32_t channel = 0;
    std::size_t rest_bytes = 0;
};

// A pool with one port that takes this.
struct World {
    explicit World(Accepts accepts, unsigned shards = 1) : World(accepting(accepts), shards) {}
    explicit World(const RunningPool::Change& change, unsigned shards = 1)
        : pool(folder.path(), 0x17030000, false, shards, change) {}
    [[nodiscard]] std::uint16_t port() const { return pool.port(); }
    [[nodiscard]] stratum::v2::XOnlyKey authority() const {
        const auto& listener = pool.pool->listeners().front();
        return *stratum::v2::parse_public_key(listener.authority);
    }
    // A client whose channel is open.
    Opened mine(V2Hello& client) const {
        client.shake_hands(authority());
        CHECK(client.set_up().used_version == 2);
        OpenExtendedMiningChannel open;
        open.request_id = 5;
        const auto identity = std::string(user) + ".rig";
        open.user_identity = identity;
        open.max_target = stratum::Uint256::max();
        client.say(open);
        const auto opened = client.hear<OpenExtendedMiningChannelSuccess>();
        CHECK(opened.request_id == 5);
        return {opened.channel_id, opened.extranonce_size};
    }
    TemporaryFolder folder;
    RunningPool pool;
};

std::string bytes_of(std::size_t count, char byte) { return std::string(count, byte); }

}  // namespace

TEST_CASE("A V2 client shakes hands, sets up and opens a channel, and all of it is counted") {
    World world(Accepts::v2);
    const auto& metrics = world.pool.metrics->shard(0);
    CHECK(world.pool.pool->listeners().front().protocol == "stratum_v2");
    {
        V2Hello client(world.port());
        world.mine(client);
        CHECK(world.pool.open(Protocol::stratum_v2) == 1);
        CHECK(metrics.handshakes.value() == 1);
        V2Hello other(world.port());
        world.mine(other);
        while (world.pool.metrics->channels() != 2) std::this_thread::yield();
    }
    world.pool.wait_until_alone();
    while (world.pool.metrics->channels() != 0) std::this_thread::yield();
    CHECK(metrics.sessions_opened[static_cast<std::size_t>(Protocol::stratum_v2)].value() == 2);
}

TEST_CASE("Act 1 may come in pieces, and what comes between the acts ends the connection") {
    World world(Accepts::v2);
    const stratum::v2::Initiator initiator(stratum::v2::make_key_pair(server::fill_random));
    {
        V2Hello client(world.port());
        client.shake_hands(world.authority());
    }
    V2Hello slow(world.port());
    for (const auto byte : initiator.act1()) slow.write({reinterpret_cast<const char*>(&byte), 1});
    // Of 65 bytes the last one cannot be right, whether it arrives with act 1, after it or after act 2.
    slow.write("x");
    CHECK(slow.rest().size() % stratum::v2::act2_bytes == 0);
    V2Hello hasty(world.port());
    hasty.write(bytes_of(65, '\x80'));
    CHECK(hasty.rest().empty());
    world.pool.wait_until_alone();
    CHECK(world.pool.failed(HandshakeFailure::bad_frame) == 2);
}

TEST_CASE("Who mistakes a V2 port is told, and a browser too") {
    World world(Accepts::v2);
    Client v1(world.port());
    v1.say(R"({"id":1,"method":"mining.subscribe","params":[]})"
           "\n");
    CHECK(v1.line().find("Only Stratum V2 here") != std::string::npos);
    CHECK(v1.line().empty());
    Client tls(world.port());
    tls.say(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
    CHECK(tls.line().empty());
    Client web(world.port());
    web.say("GET / HTTP/1.1\r\n\r\n");
    CHECK(web.line().find("400 Bad Request") != std::string::npos);
    V2Hello junk(world.port());
    junk.shake_hands();
    junk.write(bytes_of(22, 'x'));
    CHECK(junk.rest().empty());
    world.pool.wait_until_alone();
    CHECK(world.pool.failed(HandshakeFailure::other_protocol) == 2);
    CHECK(world.pool.failed(HandshakeFailure::bad_frame) == 1);
}

TEST_CASE("One port takes V1 and V2, each as if it were alone, and counts them apart") {
    World world(Accepts::any, 3);
    std::string first;
    {
        Client v1(world.port());
        const auto job = v1.start();
        first = v1.subscribed;
        CHECK(v1.submit(job, 1).find("\"id\":9") != std::string::npos);
        V2Hello v2(world.port());
        world.mine(v2);
        CHECK(world.pool.metrics->sessions() == 2);
        V2Hello silent(world.port());
        while (world.pool.metrics->sessions() != 3) std::this_thread::yield();
    }
    world.pool.wait_until_alone();
    const auto opened = [&world](Protocol protocol) {
        std::uint64_t sum = 0;
        for (std::size_t k = 0; k < 3; ++k)
            sum += world.pool.metrics->shard(k).sessions_opened[static_cast<std::size_t>(protocol)].value();
        return sum;
    };
    CHECK(opened(Protocol::stratum_v1) == 1);
    CHECK(opened(Protocol::stratum_v2) == 1);
    CHECK(opened(Protocol::stratum_v1_tls) == 0);
    // A V1 session is resumed on whatever shard its client arrives.
    for (int i = 0; i < 12; ++i) {
        world.pool.wait_until_alone();
        Client again(world.port());
        again.start(Client::session_id_of(first));
        CHECK(again.subscribed == first);
    }
}

TEST_CASE("A port for all takes no TLS without a certificate, and says so to nobody else's harm") {
    World world(Accepts::any);
    Client tls(world.port());
    tls.say(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
    CHECK(tls.line().empty());
    V2Hello client(world.port());
    client.shake_hands(world.authority());
    CHECK(client.set_up().used_version == 2);
}

TEST_CASE("A trusted proxy's header stands before act 1, whole or in pieces") {
    World world([](PoolOptions& options) {
        options.listeners[0].accepts = Accepts::v2;
        options.listeners[0].proxy_trusted = {"127.0.0.0/8"};
    });
    for (const std::size_t cut : {0U, 3U, 30U}) {
        V2Hello client(world.port());
        const std::string header = "PROXY TCP4 192.0.2.7 192.0.2.1 4000 3336\r\n";
        client.write(header.substr(0, cut));
        client.write(header.substr(cut));
        client.shake_hands(world.authority());
        CHECK(client.set_up().used_version == 2);
    }
}

TEST_CASE("Answers that wait for more of them leave when their time is over") {
    World world([](PoolOptions& options) {
        options.listeners[0].accepts = Accepts::v2;
        options.v2.success_batch = 1000;
        options.v2.success_delay = std::chrono::milliseconds(30);
    });
    V2Hello client(world.port());
    const auto opened = world.mine(client);
    const auto job = client.hear<stratum::v2::NewExtendedMiningJob>();
    const auto tip = client.hear<stratum::v2::SetNewPrevHash>();
    CHECK(tip.job_id == job.job_id);
    const stratum::Bytes rest(opened.rest_bytes);
    const auto submit = [&](std::uint32_t from, std::uint32_t count) {
        for (std::uint32_t i = from; i < from + count; ++i) {
            stratum::v2::SubmitSharesExtended share;
            share.channel_id = opened.channel;
            share.sequence_number = share.nonce = i;
            share.job_id = job.job_id;
            share.ntime = tip.min_ntime;
            share.version = job.version;
            share.extranonce = rest;
            client.say(share);
        }
        // Some hashes are above the easiest target; nothing but the time makes the others be told.
        std::uint32_t accepted = 0;
        while (accepted < count * 3 / 4)
            accepted += client.hear<stratum::v2::SubmitSharesSuccess>().new_submits_accepted_count;
        CHECK(accepted <= count);
    };
    submit(0, 20);
    submit(100, 20);
    CHECK(world.pool.metrics->shares_accepted() >= 30);
}

TEST_CASE("Clients that hang up while their handshake is under way leave nothing behind") {
    World world(Accepts::v2);
    for (int i = 0; i < 200; ++i) {
        V2Hello gone(world.port());
        gone.send_act1();
    }
    V2Hello client(world.port());
    world.mine(client);
    while (world.pool.metrics->sessions() != 1) std::this_thread::yield();
}

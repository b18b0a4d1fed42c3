// The job declaration server over real sockets, with its own thread.

#include "server/declaration/server.h"

#include <prometheus/registry.h>

#include "stratum/v2/error_codes.h"
#include "tests/simulators/v2_hello.h"
#include "tests/unit/server/declaration/declaring_world.h"
#include "tests/unit/server/pool/handshake_world.h"

using namespace declaration_test;
using server::pool::testing::TemporaryFolder;
using server::pool::testing::open_identity;
using simulators::V2Hello;

namespace {

class Running {
  public:
    explicit Running(std::size_t connections_max = 8) {
        server::pool::PoolOptions pool;
        pool.data_dir = folder.path();
        identity = open_identity(pool, std::chrono::system_clock::now());
        DeclarationOptions options;
        options.address = "127.0.0.1";
        options.port = 0;
        options.payout_script = world.payout;
        options.connections_max = connections_max;
        Surroundings around;
        around.propose = [this](server::node::OutgoingBlockPtr block,
                                std::function<void(std::optional<std::string>)> answer) {
            answer(world.chain.propose(block->bytes(), now_s));
        };
        around.submit = [this](BlockCandidate block) { world.submit(std::move(block)); };
        around.identity = [this] { return identity->current(); };
        auto made = Server::open(options, std::move(around), jobs, registry);
        REQUIRE(made.has_value());
        server = std::move(*made);
        server->start();
        server->on_template(world.ours);
    }
    void set_up(V2Hello& client) {
        client.shake_hands(identity->current()->authority);
        SetupConnection message;
        message.protocol = 1;
        message.min_version = message.max_version = 2;
        message.flags = job_declaration_declare_tx_data;
        client.say(message);
        client.hear<SetupConnectionSuccess>();
    }

    DeclaringWorld world;  // for its chain and its messages
    TemporaryFolder folder;
    std::unique_ptr<server::pool::IdentityKeeper> identity;
    server::declaration::Server::Jobs jobs;
    prometheus::Registry registry;
    std::unique_ptr<server::declaration::Server> server;
};

}  // namespace

TEST_CASE("A job declared over the wire waits for its channel, for a while") {
    Running running;
    V2Hello client(running.server->port());
    running.set_up(client);
    client.say(AllocateMiningJobToken{"alice.rig", 1});
    const auto allocated = client.hear<AllocateMiningJobTokenSuccess>();
    const Bytes token(allocated.mining_job_token.begin(), allocated.mining_job_token.end());
    client.say(running.world.declaration(token));
    const auto accepted = client.hear<DeclareMiningJobSuccess>();
    const Bytes job_token(accepted.new_mining_job_token.begin(), accepted.new_mining_job_token.end());
    const auto jobs = running.jobs.load();
    REQUIRE(jobs->contains(job_token));
    CHECK(jobs->at(job_token)->identity == "alice.rig");
    // Used by a mining session, it goes at the next look.
    CHECK(jobs->at(job_token)->use());
    CHECK_FALSE(jobs->at(job_token)->use());
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!running.jobs.load()->empty() && std::chrono::steady_clock::now() < until) {
        client.say(AllocateMiningJobToken{"alice.rig", 1});
        client.hear<AllocateMiningJobTokenSuccess>();
    }
    CHECK(running.jobs.load()->empty());
}

TEST_CASE("Missing transactions of a whole block come in one frame") {
    Running running;
    V2Hello client(running.server->port());
    running.set_up(client);
    client.say(AllocateMiningJobToken{"alice.rig", 1});
    const auto allocated = client.hear<AllocateMiningJobTokenSuccess>();
    const Bytes token(allocated.mining_job_token.begin(), allocated.mining_job_token.end());
    auto message = running.world.declaration(token);
    const auto unknown = stratum::Hash256{{9}};
    running.world.wtxids.push_back(unknown);
    message.wtxid_list = running.world.wtxids;
    client.say(message);
    const auto ask = client.hear<ProvideMissingTransactions>();
    CHECK(ask.unknown_tx_position_list == std::vector<std::uint16_t>{12});
    ProvideMissingTransactionsSuccess give;
    give.request_id = 9;
    const Bytes junk(4'000'000, 1);
    give.transaction_list.push_back(junk);
    client.say(give);
    CHECK(client.hear<DeclareMiningJobError>().error_code == stratum::v2::declare_error::missing_txs);
}

TEST_CASE("A client too many, junk and a mining client are shown out, and the rest is served") {
    Running running(2);
    V2Hello client(running.server->port());
    running.set_up(client);
    {
        V2Hello second(running.server->port());
        second.shake_hands();
        V2Hello third(running.server->port());
        CHECK(third.rest().empty());
        SetupConnection mining;
        mining.min_version = mining.max_version = 2;
        second.say(mining);
        CHECK(second.hear<SetupConnectionError>().error_code ==
              stratum::v2::setup_error::unsupported_protocol);
        second.rest();
    }
    V2Hello junk(running.server->port());
    junk.shake_hands();
    junk.write(std::string(64, 'x'));
    CHECK(junk.rest().empty());
    client.say(AllocateMiningJobToken{"alice.rig", 1});
    CHECK(client.hear<AllocateMiningJobTokenSuccess>().request_id == 1);
    running.server->stop();  // with the client connected
    CHECK(client.rest().empty());
}

TEST_CASE("A port in use is an error with a remedy") {
    Running running;
    DeclarationOptions options;
    options.address = "127.0.0.1";
    options.port = running.server->port();
    prometheus::Registry registry;
    const auto made = server::declaration::Server::open(options, {}, running.jobs, registry);
    REQUIRE(made.has_error());
    CHECK(made.error().find("set another one") != std::string::npos);
    options.address = "nowhere";
    prometheus::Registry other;
    CHECK(server::declaration::Server::open(options, {}, running.jobs, other).has_error());
}

#include "server/node/node_health.h"

#include "server/node/rpc_connection.h"
#include "tests/catch.h"

using namespace server::node;
using std::chrono::seconds;

namespace {

NodeObservation well() {
    NodeObservation seen;
    seen.identified = true;
    seen.height = 100;
    seen.height_elsewhere = 100;
    seen.template_age = seconds(3);
    return seen;
}

NodeState state_of(const NodeObservation& seen) { return judge(seen, NodeLimits{}).state; }

}  // namespace

TEST_CASE("A node is well only when everything about it is") {
    CHECK(state_of(well()) == NodeState::healthy);
    const auto changed = [](auto change) {
        auto seen = well();
        change(seen);
        const auto judgement = judge(seen, NodeLimits{});
        CHECK_FALSE(judgement.detail.empty());
        return judgement.state;
    };
    using enum NodeFailure;
    CHECK(changed([](auto& seen) { seen.poll_error = {unreachable, "refused"}; }) == NodeState::unreachable);
    CHECK(changed([](auto& seen) { seen.poll_error = {unauthorized, ""}; }) == NodeState::unreachable);
    CHECK(changed([](auto& seen) { seen.poll_error = {warming_up, "Loading"}; }) == NodeState::starting);
    CHECK(changed([](auto& seen) { seen.poll_error = {silent, ""}; }) == NodeState::stalled);
    CHECK(changed([](auto& seen) { seen.poll_error = {not_understood, "<html>"}; }) == NodeState::stalled);
    CHECK(changed([](auto& seen) { seen.wrong_chain = "test"; }) == NodeState::wrong_chain);
    CHECK(changed([](auto& seen) { seen.distrusted = "no work"; }) == NodeState::wrong_chain);
    CHECK(changed([](auto& seen) { seen.identified = false; }) == NodeState::starting);
    CHECK(changed([](auto& seen) { seen.template_age.reset(); }) == NodeState::starting);
    CHECK(changed([](auto& seen) { seen.template_age = seconds(91); }) == NodeState::stalled);
    CHECK(changed([](auto& seen) {
              seen.template_error = {without_peers, "not connected"};
          }) == NodeState::stalled);
    CHECK(changed([](auto& seen) { seen.template_error = {bad_template, "txid"}; }) == NodeState::stalled);
    CHECK(changed([](auto& seen) { seen.template_error = {downloading, "IBD"}; }) == NodeState::lagging);
    CHECK(changed([](auto& seen) { seen.tip_without_template = seconds(11); }) == NodeState::stalled);
}

TEST_CASE("A node behind the others lags only after a while") {
    auto seen = well();
    seen.height_elsewhere = 101;
    seen.behind_for = seconds(5);
    CHECK(state_of(seen) == NodeState::healthy);
    seen.behind_for = seconds(11);
    CHECK(state_of(seen) == NodeState::lagging);
}

TEST_CASE("The chain's name and first block must both be the network's") {
    const auto main =
        *stratum::parse_displayed("000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f");
    const auto regtest =
        *stratum::parse_displayed("0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206");
    CHECK(wrong_chain("main", main, stratum::Network::main).empty());
    CHECK(wrong_chain("regtest", regtest, stratum::Network::regtest).empty());
    CHECK_FALSE(wrong_chain("main", regtest, stratum::Network::main).empty());
    CHECK_FALSE(wrong_chain("regtest", regtest, stratum::Network::main).empty());
    CHECK_FALSE(wrong_chain("main", main, stratum::Network::regtest).empty());
    CHECK_FALSE(wrong_chain("bcash", main, stratum::Network::main).empty());
}

TEST_CASE("A node's address is a host and a port") {
    const auto plain = parse_rpc_url("http://127.0.0.1:8332");
    REQUIRE(plain);
    CHECK(plain->host == "127.0.0.1");
    CHECK(plain->port == "8332");
    CHECK(plain->path == "/");
    const auto six = parse_rpc_url("http://[::1]:18443/wallet/a");
    REQUIRE(six);
    CHECK(six->host == "::1");
    CHECK(six->path == "/wallet/a");
    for (const auto* url :
         {"", "127.0.0.1:8332", "https://host:1", "http://host", "http://:1",
          "http://host:", "http://host:abc", "http://::1:8332", "http://user@host:1", "http://host:123456"}) {
        CAPTURE(url);
        CHECK_FALSE(parse_rpc_url(url));
    }
}

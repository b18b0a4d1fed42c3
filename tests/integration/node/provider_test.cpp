#include "tests/simulators/template_provider.h"

#include <algorithm>

#include "server/node/coinbase_shape.h"
#include "server/node/provider_session.h"
#include "tests/catch.h"
#include "tests/integration/node/nodes_world.h"

using namespace server::node;
using node_test::NodesWorld;
using node_test::quick_options;
using tests::TemporaryFolder;
using simulators::FakeNode;
using simulators::TemplateProvider;
using Fault = TemplateProvider::Fault;

namespace {

constexpr auto first_height = development_first_blocks + 1;

// A node whose getblocktemplate gives nothing, so that all work is the provider's.
struct Provided {
    Provided() {
        node.start();
        provider.start();
        node.twist("getblocktemplate", [](std::string text) { return text == "null" ? text : "17"; });
    }
    NodesOptions options() {
        auto out = quick_options();
        NodeOptions one;
        one.name = "one";
        one.rpc_url = node.url();
        one.rpc_user = "user";
        one.rpc_password = "secret";
        one.template_provider = provider.address();
        one.template_provider_key = provider.authority();
        out.nodes = {one};
        return out;
    }
    TemporaryFolder folder;
    FakeNode node{folder.path()};
    TemplateProvider provider{node};
};

bool says(const NodesWorld& world, const std::string& words) {
    return world.status().detail.find(words) != std::string::npos;
}

double ended_by(const NodesWorld& world, const std::string& result) {
    return world.metric("hashyard_provider_connections_total", {"one", result});
}

}  // namespace

TEST_CASE("Work flows from a template provider, and a block goes back to it as a solution") {
    Provided one;
    NodesWorld world(one.options());
    world.start();
    world.run_until_full(first_height);
    const auto work = world.latest();
    CHECK(work->transactions.size() == 12);
    CHECK(work->coinbase_flags == stratum::Bytes{0});
    CHECK(work->fees_sats > 0);
    CHECK_FALSE(work->witness_commitment.empty());
    CHECK(work->time_min < work->time);
    REQUIRE(work->origin);
    CHECK(one.provider.constraints().coinbase_output_max_additional_size == provider_outputs_bytes);
    CHECK(one.provider.constraints().coinbase_output_max_additional_sigops == coinbase_sigops_reserved);

    const auto hash = world.solve_and_submit(work);
    world.run_until([&] { return !one.provider.solutions().empty(); });
    const auto solution = one.provider.solutions().front();
    CHECK(solution.hash == hash);
    CHECK(solution.template_id == work->origin->template_id);
    CHECK((solution.verdict.empty() || solution.verdict == "duplicate"));
    world.run_until([&] { return world.has_news(hash, BlockState::immature); });
    world.run_until_full(first_height + 1);
    CHECK(world.latest()->previous == hash);
    CHECK(world.status().state == NodeState::healthy);
    CHECK(world.metric("hashyard_provider_solutions_total", {"one", "sent"}) == 1);
    CHECK(ended_by(world, "up") == 1);
}

TEST_CASE("A block reaches the chain by the provider alone when the node's RPC is away") {
    Provided one;
    NodesWorld world(one.options());
    world.start();
    world.run_until_full(first_height);
    one.node.stop();
    const auto hash = world.solve_and_submit(world.latest());
    world.run_until([&] { return !one.provider.solutions().empty(); });
    CHECK(one.provider.solutions().front().hash == hash);
    CHECK(one.provider.solutions().front().verdict.empty());
    one.node.start();
    world.run_until([&] { return world.has_news(hash, BlockState::immature); });
}

TEST_CASE("A block reaches the chain by RPC alone when the provider is away") {
    Provided one;
    NodesWorld world(one.options());
    world.start();
    world.run_until_full(first_height);
    one.provider.stop();
    world.run_until([&] { return says(world, "template provider"); });
    const auto hash = world.solve_and_submit(world.latest());
    world.run_until([&] { return world.has_news(hash, BlockState::immature); });
    CHECK(one.provider.solutions().empty());
    CHECK(world.metric("hashyard_provider_solutions_total", {"one", "too_late"}) == 1);
}

TEST_CASE("A new tip brings an early job, then the provider's template; a refresh brings another") {
    Provided one;
    auto options = one.options();
    options.template_interval = std::chrono::seconds(600);
    NodesWorld world(options);
    world.start();
    world.run_until_full(first_height);
    const auto first = world.latest()->origin->template_id;
    one.provider.refresh();
    world.run_until([&] { return world.latest()->origin->template_id > first; });
    CHECK(world.latest()->height == first_height);

    one.provider.turn_to(Fault::late_transactions);
    const auto tip = one.node.mine();
    world.run_until([&] { return world.latest()->early; });
    CHECK(world.latest()->previous == tip);
    CHECK_FALSE(world.latest()->origin);
    one.provider.set_fault(Fault::none);
    world.run_until_full(first_height + 1);
    CHECK(world.latest()->previous == tip);
    CHECK(world.latest()->origin);
}

TEST_CASE("A provider that restarts is found again, and the node's state says why there is no work") {
    Provided one;
    NodesWorld world(one.options());
    world.start();
    world.run_until_full(first_height);
    one.provider.stop();
    world.run_until([&] { return says(world, "its template provider gives no work: "); });
    CHECK(world.status().state == NodeState::stalled);
    one.node.mine();
    one.provider.start();
    world.run_until_full(first_height + 1);
    world.run_until_state(NodeState::healthy);
    CHECK(ended_by(world, "up") == 2);
}

TEST_CASE("Whoever is not the provider of the configured key gives no work") {
    struct Case {
        Fault fault;
        const char* words;
        const char* result;
    };
    const Case cases[] = {
        {Fault::wrong_authority, "not signed by template_provider_key", "untrusted"},
        {Fault::expired, "has expired", "untrusted"},
        {Fault::garbage_handshake, "does not decrypt", "untrusted"},
        {Fault::mute_handshake, "does not answer the handshake in time", "silent"},
        {Fault::refuse_setup, "refuses the connection: unsupported-protocol", "refused"},
    };
    for (const auto& [fault, words, result] : cases) {
        CAPTURE(words);
        Provided one;
        one.provider.set_fault(fault);
        auto options = one.options();
        options.rpc_timeout = std::chrono::milliseconds(500);
        NodesWorld world(options);
        world.start();
        world.run_until([&, words = words] { return says(world, words); });
        CHECK(world.status().state == NodeState::stalled);
        CHECK(world.templates.empty());
        CHECK(ended_by(world, result) >= 1);
        one.provider.set_fault(Fault::none);
        world.run_until_full(first_height);
    }
}

TEST_CASE("A provider whose bytes or messages are none is left, and asked anew") {
    const std::pair<Fault, const char*> cases[] = {
        {Fault::bad_tag, "bytes that do not decrypt"},
        {Fault::huge_frame, "8388608 bytes, too large"},
        {Fault::cut_message, "NewTemplate is malformed"},
        {Fault::unknown_template, "which it never sent"},
        {Fault::no_transactions, "gives no transactions"},
        {Fault::late_transactions, "does not send the transactions"},
    };
    for (const auto& [fault, words] : cases) {
        CAPTURE(words);
        Provided one;
        one.provider.set_fault(fault);
        auto options = one.options();
        options.rpc_timeout = std::chrono::milliseconds(500);
        NodesWorld world(options);
        world.start();
        world.run_until([&, words = words] { return says(world, words); });
        CHECK(world.templates.empty());
        one.provider.set_fault(Fault::none);
        world.run_until_full(first_height);
    }
}

TEST_CASE("A provider's template that contradicts itself is refused, and the next sound one is mined") {
    const Fault lies[] = {
        Fault::wrong_merkle_path,   Fault::wrong_height,       Fault::wrong_target,
        Fault::wrong_commitment,    Fault::extra_output,       Fault::too_little_value,
        Fault::missing_transaction, Fault::broken_transaction,
    };
    for (const auto lie : lies) {
        CAPTURE(static_cast<int>(lie));
        Provided one;
        one.provider.set_fault(lie);
        NodesWorld world(one.options());
        world.start();
        world.run_until([&] {
            return world.metric("hashyard_node_templates_total", {"one", "refused"}) >= 1;
        });
        CHECK(world.templates.empty());
        CHECK(ended_by(world, "bad_template") >= 1);
        world.run_until_state(NodeState::stalled);
        one.provider.set_fault(Fault::none);
        world.run_until_full(first_height);
    }
}

TEST_CASE("A lie about the same tip ends the connection, not the work") {
    Provided one;
    NodesWorld world(one.options());
    world.start();
    world.run_until_full(first_height);
    one.provider.turn_to(Fault::wrong_merkle_path);
    one.provider.refresh();
    world.run_until([&] { return ended_by(world, "bad_template") >= 1; });
    CHECK(world.flow == std::vector<bool>{false, true});
    one.provider.set_fault(Fault::none);
    world.run_until([&] { return ended_by(world, "up") >= 2; });
    world.run_until_state(NodeState::healthy);
}

TEST_CASE("A silent provider is noticed by its node's tip and connected to anew") {
    Provided one;
    auto options = one.options();
    options.lagging_after = std::chrono::seconds(1);
    NodesWorld world(options);
    world.start();
    world.run_until_full(first_height);
    SECTION("one that goes on with the old tip") { one.provider.turn_to(Fault::old_tip); }
    SECTION("one that says nothing any more") { one.provider.turn_to(Fault::mute); }
    one.node.mine();
    world.run_until([&] { return world.status().state == NodeState::stalled; });
    world.run_until([&] { return ended_by(world, "silent") >= 1; });
    one.provider.set_fault(Fault::none);
    world.run_until_full(first_height + 1);
    world.run_until_state(NodeState::healthy);
}

TEST_CASE("Without a key any provider of a test chain is taken") {
    Provided one;
    auto options = one.options();
    options.nodes[0].template_provider_key.reset();
    one.provider.set_fault(Fault::wrong_authority);
    NodesWorld world(options);
    world.start();
    world.run_until_full(first_height);
}

TEST_CASE("A second entry for the node without the provider gives work while the provider is away") {
    Provided one;
    one.node.untwist("getblocktemplate");
    auto options = one.options();
    options.nodes.push_back(options.nodes[0]);
    options.nodes[1].name = "rpc";
    options.nodes[1].template_provider.clear();
    NodesWorld world(options);
    world.start();
    world.run_until_full(first_height);
    one.provider.stop();
    world.run_until([&] { return says(world, "template provider"); });
    one.node.mine();
    world.run_until_full(first_height + 1);
    CHECK(world.latest()->node == "rpc");
}

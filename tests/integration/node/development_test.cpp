#include "server/node/block_sender.h"
#include "server/node/development_chain.h"
#include "tests/catch.h"
#include "tests/integration/node/nodes_world.h"

using namespace server::node;
using node_test::NodesWorld;
using node_test::quick_options;

TEST_CASE("Without a node the development chain gives work and takes its blocks to maturity") {
    NodesWorld world(quick_options());
    world.start();
    world.run_until_full(development_first_blocks + 1);
    CHECK(world.status().state == NodeState::healthy);
    CHECK(world.status().name == "development");
    CHECK(world.latest()->transactions.size() == 12);
    CHECK(world.latest()->number >> 20 > 1'700'000'000);

    const auto first = world.solve_and_submit(world.latest());
    auto number = world.latest()->number;
    for (std::uint32_t i = 2; i <= confirmations_mature; ++i) {
        world.run_until_full(development_first_blocks + i);
        CHECK(world.latest()->number > number);
        number = world.latest()->number;
        world.solve_and_submit(world.latest());
    }
    world.run_until([&] { return world.has_news(first, BlockState::mature); });
    CHECK(world.news.front().state == BlockState::submitted);
    CHECK(world.has_news(first, BlockState::immature));
    CHECK(world.flow == std::vector<bool>{false, true});
    const auto file = stratum::displayed(first) + ".mature";
    CHECK(std::filesystem::exists(world.folder.path() / "blocks" / file));
    CHECK(world.metric("hashyard_block_submissions_total", {"development", "accepted"}) ==
          confirmations_mature);
    CHECK(world.metric("hashyard_node_state", {"development", "healthy"}) == 1);
}

TEST_CASE("A new tip brings an empty early job at once and the full one behind it") {
    NodesWorld world(quick_options());
    world.start();
    world.run_until_full(development_first_blocks + 1);
    const auto hash = world.solve_and_submit(world.latest());
    world.run_until_full(development_first_blocks + 2);
    CHECK(world.latest()->previous == hash);
    CHECK(world.latest()->transactions.size() == 12);
    for (std::size_t i = 1; i < world.templates.size(); ++i) {
        CHECK(world.templates[i]->number > world.templates[i - 1]->number);
        CHECK(world.templates[i]->height >= world.templates[i - 1]->height);
    }
}

TEST_CASE("The development chain and open blocks are there again after a restart") {
    NodesWorld world(quick_options());
    world.start();
    world.run_until_full(development_first_blocks + 1);
    const auto hash = world.solve_and_submit(world.latest());
    world.run_until_full(development_first_blocks + 2);
    world.stop();

    world.start();
    world.run_until_full(development_first_blocks + 2);
    CHECK(world.latest()->previous == hash);
    world.run_until([&] { return world.has_news(hash, BlockState::immature); });
}

TEST_CASE("The development chain refuses to stand in for a real network") {
    auto options = quick_options();
    options.network = stratum::Network::main;
    NodesWorld world(options);
    CHECK_THROWS_WITH(world.start(), Catch::Matchers::ContainsSubstring("no node is configured"));
}

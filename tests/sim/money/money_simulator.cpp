// Years of a pool's money in minutes, from a seed, over a real PostgreSQL:
//   money_simulator --seed 7 --days 1000
// A seed gives the days, the people and the chain; where wires break follows the statements that come, which
// differ a little with the machine's pace. Exit code 1 when a satoshi was lost, made or paid twice.

#include <chrono>
#include <CLI/CLI.hpp>
#include <cstdio>

#include "server/log.h"
#include "tests/sim/money/money_world.h"
#include "tests/sim/require.h"

namespace {

void print(std::uint64_t seed, std::uint64_t days, const sim::MoneyCounts& counts) {
    const auto n = [](std::uint64_t number) { return static_cast<unsigned long long>(number); };
    std::printf(
        "seed %llu: %llu days, %llu shares, %llu blocks, %llu orphans, %llu returns, %llu reorganised when "
        "mature\n",
        n(seed), n(days), n(counts.shares), n(counts.blocks), n(counts.orphans), n(counts.returns),
        n(counts.deep));
    std::printf(
        "  %llu payouts settled, %llu lies of the wallet, %llu reorganisations under payouts, %llu restores, "
        "%llu months closed, %llu nights proven, %llu broken statements\n",
        n(counts.settled), n(counts.lies), n(counts.chain_reorganisations), n(counts.restores),
        n(counts.months), n(counts.checks), n(counts.breaks));
}

bool run(std::uint64_t seed, std::uint64_t days) {
    std::uint64_t day = 0;
    bool kept = true;
    const auto began = std::chrono::steady_clock::now();
    sim::MoneyWorld world(seed);
    try {
        for (; day < days; ++day) world.day();
        world.finish();
        print(seed, days, world.counts());
        std::printf("  broken before + after the statement: %s\n", world.coverage().c_str());
    } catch (const std::exception& broken) {
        std::printf("seed %llu, day %llu: BROKEN: %s\n", static_cast<unsigned long long>(seed),
                    static_cast<unsigned long long>(day), broken.what());
        kept = false;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::printf("  %.1f s\n", took.count());
    std::fflush(stdout);
    return kept;
}

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t seed = 1, seeds = 1, days = 365;
    CLI::App app("Simulates a pool's money from a seed");
    app.add_option("--seed", seed, "The first seed");
    app.add_option("--seeds", seeds, "How many seeds, one after the other");
    app.add_option("--days", days, "Days of each");
    CLI11_PARSE(app, argc, argv);
    server::log::configure(server::log::Level::error, server::log::Format::text);
    bool kept = true;
    for (std::uint64_t i = 0; i < seeds; ++i) kept &= run(seed + i, days);
    return kept ? 0 : 1;
}

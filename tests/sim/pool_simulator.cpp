// The pool's core against simulated miners, nodes, databases and crashes, in virtual time, from a seed:
//   pool_simulator --seed 7 --steps 20000
// The same seed gives the same run. Exit code 1 when a promise was broken.

#include <stdlib.h>

#include <chrono>
#include <CLI/CLI.hpp>
#include <cstdio>

#include "server/log.h"
#include "tests/sim/require.h"
#include "tests/sim/world.h"

namespace {

bool run(std::uint64_t seed, std::uint64_t steps) {
    auto folder = (std::filesystem::temp_directory_path() / "hashyard-sim-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) return false;
    std::uint64_t step = 0;
    bool kept = true;
    const auto began = std::chrono::steady_clock::now();
    try {
        sim::World world(seed, folder);
        for (; step < steps; ++step) world.step();
        world.finish();
        const auto& counts = world.counts();
        const auto& by_code = counts.by_code;
        std::printf(
            "seed %llu: %llu steps, %llu submissions, %llu accepted, %llu blocks, %llu templates, %llu "
            "tips\n",
            static_cast<unsigned long long>(seed), static_cast<unsigned long long>(steps),
            static_cast<unsigned long long>(counts.submissions),
            static_cast<unsigned long long>(counts.accepted), static_cast<unsigned long long>(counts.blocks),
            static_cast<unsigned long long>(counts.templates), static_cast<unsigned long long>(counts.tips));
        std::printf("  refused: 20 %llu, 21 %llu, 22 %llu, 23 %llu, 24 %llu, 25 %llu\n",
                    static_cast<unsigned long long>(by_code[0]), static_cast<unsigned long long>(by_code[1]),
                    static_cast<unsigned long long>(by_code[2]), static_cast<unsigned long long>(by_code[3]),
                    static_cast<unsigned long long>(by_code[4]), static_cast<unsigned long long>(by_code[5]));
        std::printf(
            "  %llu reconnects, %llu resumes, %llu crashes with %llu shares unanswered, %llu aborts; stored "
            "%zu, work %s\n",
            static_cast<unsigned long long>(counts.reconnects),
            static_cast<unsigned long long>(counts.resumes), static_cast<unsigned long long>(counts.crashes),
            static_cast<unsigned long long>(counts.unanswered),
            static_cast<unsigned long long>(world.store().aborts()), world.store().shares().size(),
            world.work().decimal().c_str());
    } catch (const sim::Broken& broken) {
        std::printf("seed %llu, step %llu: BROKEN: %s\n", static_cast<unsigned long long>(seed),
                    static_cast<unsigned long long>(step), broken.what());
        kept = false;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::printf("  %.1f s\n", took.count());
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    return kept;
}

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t seed = 1, seeds = 1, steps = 2000;
    CLI::App app("Simulates the pool's core from a seed");
    app.add_option("--seed", seed, "The first seed");
    app.add_option("--seeds", seeds, "How many seeds, one after the other");
    app.add_option("--steps", steps, "Events of each");
    CLI11_PARSE(app, argc, argv);
    server::log::configure(server::log::Level::error, server::log::Format::text);
    bool kept = true;
    for (std::uint64_t i = 0; i < seeds; ++i) kept &= run(seed + i, steps);
    return kept ? 0 : 1;
}

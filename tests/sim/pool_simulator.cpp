// The pool's core against simulated miners, nodes, databases and crashes, in virtual time, from a seed:
//   pool_simulator --seed 7 --steps 20000
// The same seed gives the same run. Exit code 1 when a promise was broken.

#include <chrono>
#include <CLI/CLI.hpp>
#include <cstdio>
#include <numeric>

#include "server/log.h"
#include "tests/sim/require.h"
#include "tests/sim/world.h"
#include "tests/temporary_folder.h"

namespace {

using Answers = std::array<std::uint64_t, sim::answer_names.size()>;

std::string text(std::uint64_t number) { return std::to_string(number); }
std::uint64_t sum(const Answers& answers) {
    return std::accumulate(answers.begin(), answers.end(), std::uint64_t{0});
}

void print_answers(const char* protocol, const Answers& answers) {
    std::printf("  %s:", protocol);
    for (std::size_t i = 0; i < answers.size(); ++i)
        std::printf("%s %s %s", i == 0 ? "" : ",", sim::answer_names.at(i), text(answers.at(i)).c_str());
    std::printf("\n");
}

bool run(std::uint64_t seed, std::uint64_t steps) {
    const tests::TemporaryFolder folder;
    std::uint64_t step = 0;
    bool kept = true;
    const auto began = std::chrono::steady_clock::now();
    try {
        sim::World world(seed, folder.path());
        for (; step < steps; ++step) world.step();
        world.finish();
        const auto& counts = world.counts();
        std::printf("seed %s: %s steps, %s submissions, %s accepted, %s blocks, %s templates, %s tips\n",
                    text(seed).c_str(), text(steps).c_str(), text(sum(counts.v1) + sum(counts.v2)).c_str(),
                    text(counts.v1[0] + counts.v2[0]).c_str(), text(counts.blocks).c_str(),
                    text(counts.templates).c_str(), text(counts.tips).c_str());
        print_answers("v1", counts.v1);
        print_answers("v2", counts.v2);
        std::printf(
            "  v2: %s channels opened, %s closed, %s updates, %s retargets, %s batches told, %s untold\n",
            text(counts.channels_opened).c_str(), text(counts.channels_closed).c_str(),
            text(counts.updates).c_str(), text(counts.retargets).c_str(), text(counts.batches).c_str(),
            text(counts.untold).c_str());
        std::printf(
            "  %s reconnects, %s resumes, %s without a prefix, %s crashes with %s shares unanswered, %s "
            "aborts; stored %zu, work "
            "%s\n",
            text(counts.reconnects).c_str(), text(counts.resumes).c_str(), text(counts.exhausted).c_str(),
            text(counts.crashes).c_str(), text(counts.unanswered).c_str(),
            text(world.store().aborts()).c_str(), world.store().shares().size(),
            world.work().decimal().c_str());
    } catch (const sim::Broken& broken) {
        std::printf("seed %llu, step %llu: BROKEN: %s\n", static_cast<unsigned long long>(seed),
                    static_cast<unsigned long long>(step), broken.what());
        kept = false;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::printf("  %.1f s\n", took.count());
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

// hashyard-cpu-miner: a miner that really mines, on the CPU, in Stratum V1 or V2. For first looks, tests and
// demos; it earns nothing. One thread talks to the pool (miner_v1.cpp, miner_v2.cpp), the others hash
// (hash_threads.h).

#include <atomic>
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <map>
#include <thread>

#include "tests/simulators/miner_pools.h"

namespace simulators {

void Tally::accept(const MinerOptions& options) {
    ++accepted;
    if (!options.quiet) std::printf("accepted %llu\n", static_cast<unsigned long long>(accepted));
    std::fflush(stdout);
}

void Tally::reject(const std::string& why) {
    ++rejected;
    std::fprintf(stderr, "cpu-miner: rejected: %s\n", why.c_str());
}

namespace {

using Clock = std::chrono::steady_clock;
std::atomic<bool> stopping{false};

// 0: the pool took shares and kept its protocol's rules.
int mine(const MinerOptions& options) {
    HashThreads hashing(options.threads, options.duty);
    Tally tally;
    const auto started = Clock::now();
    const auto length = std::chrono::milliseconds(static_cast<std::int64_t>(options.seconds * 1000));
    const auto should_stop = [&] {
        return stopping || (options.seconds > 0 && Clock::now() - started >= length);
    };
    auto pause = std::chrono::milliseconds(200);
    while (!should_stop()) {
        const auto opened = Clock::now();
        const auto mine_at = options.is_v2() ? mine_v2 : mine_v1;
        if (mine_at(options, hashing, tally, should_stop) == Ended::done) break;
        hashing.assign({}, OldShares::drop);
        if (Clock::now() - opened > std::chrono::seconds(10)) pause = std::chrono::milliseconds(200);
        if (!options.quiet) std::printf("not connected to %s, trying again\n", options.url.c_str());
        std::fflush(stdout);
        for (const auto slept = Clock::now(); !should_stop() && Clock::now() - slept < pause;)
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        pause = std::min(pause * 2, std::chrono::milliseconds(5000));
    }
    hashing.stop();
    const double seconds = std::chrono::duration<double>(Clock::now() - started).count();
    std::printf("accepted %llu, rejected %llu, %.2f MH/s over %.1f s\n",
                static_cast<unsigned long long>(tally.accepted),
                static_cast<unsigned long long>(tally.rejected),
                static_cast<double>(hashing.hashes()) / seconds / 1e6, seconds);
    return tally.accepted > 0 && tally.violations == 0 ? 0 : 1;
}

void add_v2_options(CLI::App& app, MinerOptions& options) {
    const std::map<std::string, ChannelKind> kinds{{"standard", ChannelKind::standard},
                                                   {"extended", ChannelKind::extended}};
    app.add_option("--channel", options.channel, "V2: standard or extended")
        ->transform(CLI::CheckedTransformer(kinds));
    app.add_option("--channels", options.channels, "V2: how many on the connection")
        ->check(CLI::Range(1, 10000));
    app.add_flag("--standard-jobs", options.standard_jobs, "V2: asks for a job for each channel, no group");
    app.add_option("--hash-rate", options.hash_rate, "V2: told for each channel; 0: unknown")
        ->check(CLI::Range(0.0F, 1e30F));
    app.add_option("--worker-names", options.worker_names, "V2: a,b,c told with shares in turn, as a proxy")
        ->delimiter(',');
}

extern "C" void on_signal(int) { stopping = true; }

}  // namespace
}  // namespace simulators

int main(int argc, char** argv) {
    simulators::MinerOptions options;
    CLI::App app{"A miner on the CPU for Stratum V1 and V2, for first looks and tests"};
    app.add_option("--url", options.url,
                   "HOST:PORT, with or without stratum+tcp://; V2: stratum2+tcp://HOST:PORT[/KEY]");
    app.add_option("--user", options.user, "payout address or account name")->required();
    app.add_option("--worker", options.worker, "name after the dot");
    app.add_option("--password", options.password);
    app.add_option("--agent", options.agent, "what it calls itself in subscribe");
    app.add_option("--threads", options.threads)->check(CLI::Range(1, 256));
    app.add_option("--seconds", options.seconds, "stop after so long; 0: on a signal");
    app.add_option("--shares", options.shares, "stop after so many accepted shares; 0: no limit");
    app.add_option("--duty", options.duty, "part of the time each thread hashes")
        ->check(CLI::Range(0.001, 1.0));
    app.add_flag("--version-rolling,!--no-version-rolling", options.version_rolling);
    app.add_flag("--quiet", options.quiet);
    simulators::add_v2_options(app, options);
    CLI11_PARSE(app, argc, argv);
    std::signal(SIGINT, simulators::on_signal);
    std::signal(SIGTERM, simulators::on_signal);
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return simulators::mine(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cpu-miner: %s\n", error.what());
        return 2;
    }
}

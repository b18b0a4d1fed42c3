#pragma once
// One connection of the CPU miner to its pool, from connect to its loss, in either protocol. Called by
// cpu_miner.cpp; the miner's main thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/simulators/hash_threads.h"
#include "tests/simulators/v2_client.h"

namespace simulators {

struct MinerOptions {
    std::string url = "127.0.0.1:3333";
    std::string user;
    std::string worker = "cpu";
    std::string password = "x";
    std::string agent = "hashyard-cpu-miner/0.1";
    unsigned threads = 1;
    double seconds = 0;        // 0: until a signal
    std::uint64_t shares = 0;  // accepted ones; 0: no limit
    double duty = 1;           // share of the time that each thread hashes
    bool version_rolling = true;
    bool quiet = false;
    // Stratum V2 only.
    ChannelKind channel = ChannelKind::extended;
    std::size_t channels = 1;
    bool standard_jobs = false;
    float hash_rate = 0;                    // told for each channel; 0: unknown, the pool begins as with V1
    std::vector<std::string> worker_names;  // told with shares in turn (extension 0x0002)

    [[nodiscard]] std::string identity() const { return worker.empty() ? user : user + "." + worker; }
    [[nodiscard]] bool is_v2() const { return url.starts_with("stratum2"); }
};

struct Tally {
    std::uint64_t accepted = 0;
    std::uint64_t rejected = 0;
    std::uint64_t violations = 0;  // of the server, seen by the strict V2 client

    void accept(const MinerOptions& options);
    void reject(const std::string& why);
};

enum class Ended { lost, done };
// True: leave now (a signal, or the time is over).
using ShouldStop = std::function<bool()>;

Ended mine_v1(const MinerOptions& options, HashThreads& hashing, Tally& tally, const ShouldStop& should_stop);
Ended mine_v2(const MinerOptions& options, HashThreads& hashing, Tally& tally, const ShouldStop& should_stop);

}  // namespace simulators

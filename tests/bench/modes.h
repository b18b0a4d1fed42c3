#pragma once
// The modes of the load generator. Each runs to its end and returns 0 when what it asked for happened; the
// report goes to standard output and, if asked, to a file. Seeds make shares reproducible on the same work.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/measure.h"
#include "tests/bench/swarm.h"

namespace bench {

struct RunOptions {
    SwarmOptions swarm;
    std::vector<pid_t> server_processes;  // whose CPU and memory are read
    std::string json_file;
    std::string shares_file;  // every submission and what became of it, for exactly-once checks
    std::uint64_t seed = 1;
    std::chrono::seconds set_up_limit{120};
    bool avoid_blocks = true;
    std::uint64_t attempts_max = 1'000'000;  // hashes to try for one share
};

struct ClosedLoop {
    std::uint64_t shares = 100'000;
    std::size_t in_flight = 1;  // per connection
};
struct OpenLoop {
    double rate = 1000;  // shares a second over all connections
    double seconds = 8;
};
struct SetUp {
    double hold_seconds = 0;
};
struct Tip {
    int rounds = 5;
    double pause_seconds = 1;
    std::string trigger_address;  // 127.0.0.1:PORT that gets the bytes of trigger_file; empty: a block share
                                  // is submitted
    std::string trigger_file;
    double wait_seconds = 10;
};
struct Fault {
    double seconds = 20;
    std::size_t in_flight = 4;
    double rate_max = 2000;  // shares a second over all connections
};

int run_closed(const RunOptions& run, const ClosedLoop& mode);
int run_open(const RunOptions& run, const OpenLoop& mode);
int run_set_up(const RunOptions& run, const SetUp& mode);
int run_tip(const RunOptions& run, const Tip& mode);
// Keeps submitting through lost connections and server restarts; every submission ends as accepted, rejected
// or unanswered.
int run_fault(const RunOptions& run, const Fault& mode);

// Prints the report and writes it to the file when one is named.
void deliver(const Report& report, const RunOptions& run);

}  // namespace bench

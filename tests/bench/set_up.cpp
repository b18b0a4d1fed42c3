// Set-up: from connect to the first job (of every channel) for many connections, and what the server keeps
// for each.

#include <thread>

#include "tests/bench/modes.h"

namespace bench {

namespace {

class SetUpRun final : public Observer {
  public:
    void on_ready(Client& client) override { latencies.add((Clock::now() - client.started_at).count()); }
    void on_closed(Client&, const std::string& why) override {
        ++lost;
        if (first_loss.empty()) first_loss = why;
    }
    Latencies latencies;
    std::uint64_t lost = 0;
    std::string first_loss;
};

}  // namespace

int run_set_up(const RunOptions& run, const SetUp& mode) {
    SetUpRun observer;
    Swarm swarm(run.swarm, observer);
    const std::uint64_t memory = resident_bytes(run.server_processes);
    const double cpu = cpu_seconds(run.server_processes);
    const auto started = Clock::now();
    const bool complete = swarm.set_up(run.set_up_limit);
    const double seconds = std::chrono::duration<double>(Clock::now() - started).count();
    const double count = static_cast<double>(swarm.ready());
    const double cpu_used = cpu_seconds(run.server_processes) - cpu;
    const auto settle = Clock::now() + std::chrono::seconds(1);
    while (Clock::now() < settle) swarm.poll(std::chrono::milliseconds(100));
    const std::uint64_t memory_with = resident_bytes(run.server_processes);
    Report report;
    report.text("mode", "setup").count("connections", swarm.ready()).number("seconds", seconds);
    report.number("set_ups_per_s", count / seconds)
        .number("p50_ms", observer.latencies.at(0.5))
        .number("p99_ms", observer.latencies.at(0.99))
        .number("server_cpu_us_per_set_up", cpu_used * 1e6 / std::max(count, 1.0))
        .number("server_resident_mb", static_cast<double>(memory_with) / 1e6)
        .number("resident_bytes_per_session",
                (static_cast<double>(memory_with) - static_cast<double>(memory)) / std::max(count, 1.0));
    const auto until =
        Clock::now() + std::chrono::milliseconds(static_cast<std::int64_t>(mode.hold_seconds * 1000));
    while (Clock::now() < until) swarm.poll(std::chrono::milliseconds(100));
    report.number("held_seconds", mode.hold_seconds)
        .count("held_to_the_end", swarm.ready())
        .number("resident_bytes_per_session_at_end",
                (static_cast<double>(resident_bytes(run.server_processes)) - static_cast<double>(memory)) /
                    std::max(count, 1.0));
    if (!observer.first_loss.empty())
        report.count("connections_lost", observer.lost).text("first_loss", observer.first_loss);
    deliver(report, run);
    return complete && swarm.ready() == run.swarm.clients ? 0 : 1;
}

}  // namespace bench

// Open loop: shares leave at a fixed rate whatever the answers do; latency counts from the instant a share
// was due.

#include "tests/bench/share_load.h"

namespace bench {

int run_open(const RunOptions& run, const OpenLoop& mode) {
    ShareLoad load(run);
    Report report;
    report.text("mode", "open").count("connections", run.swarm.clients).number("rate", mode.rate);
    std::string trouble;
    if (!load.swarm().set_up(run.set_up_limit)) trouble = "not every connection could be set up";
    if (trouble.empty()) trouble = load.prepare(static_cast<std::uint64_t>(mode.rate * mode.seconds));
    const double server_cpu = cpu_seconds(run.server_processes);
    const std::int64_t start = now_ns();
    const double interval_ns = 1e9 / mode.rate;
    std::size_t next = 0;
    const auto due_ns = [&](std::size_t share) {
        return start + static_cast<std::int64_t>(static_cast<double>(share) * interval_ns);
    };
    const std::int64_t give_up = due_ns(load.shares()) + 30'000'000'000;
    while (trouble.empty() && load.answered() < load.shares() && load.lost() == 0 && now_ns() < give_up) {
        for (; next < load.shares() && due_ns(next) <= now_ns(); ++next) {
            load.submit(next, due_ns(next));
            load.swarm().flush(load.swarm().clients()[next % load.swarm().clients().size()]);
        }
        const std::int64_t wait = next < load.shares() ? due_ns(next) - now_ns() : 100'000'000;
        load.swarm().poll(std::chrono::nanoseconds(wait));
    }
    const double seconds = static_cast<double>(now_ns() - start) / 1e9;
    const double answered = static_cast<double>(load.answered());
    if (answered > 0)
        report.number("seconds", seconds)
            .number("answered_per_s", answered / seconds)
            .number("server_cpu_us_per_share",
                    (cpu_seconds(run.server_processes) - server_cpu) * 1e6 / answered);
    load.finish(report);
    if (!trouble.empty()) report.text("trouble", trouble);
    deliver(report, run);
    return trouble.empty() && load.answered() == load.shares() ? 0 : 1;
}

}  // namespace bench

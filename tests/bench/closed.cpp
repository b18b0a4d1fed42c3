// Closed loop: each connection keeps a fixed number of shares under way; the next leaves when an answer
// comes.

#include <fmt/format.h>

#include <cstdio>

#include "tests/bench/share_load.h"

namespace bench {

namespace {

class ClosedRun final : public ShareLoad {
  public:
    ClosedRun(const RunOptions& run, std::size_t in_flight) : ShareLoad(run), in_flight_(in_flight) {}

    void start() {
        auto& clients = swarm().clients();
        next_.resize(clients.size());
        for (std::size_t c = 0; c < clients.size(); ++c) {
            next_[c] = c;
            for (std::size_t i = 0; i < in_flight_; ++i) submit_next(clients[c]);
        }
        for (Client& client : clients) swarm().flush(client);
    }
    void on_counted(Client& client) override { submit_next(client); }

  private:
    void submit_next(Client& client) {
        std::size_t& share = next_[client.index];
        if (share >= shares_.size()) return;
        submit(share, now_ns());
        share += next_.size();
    }

    std::size_t in_flight_;
    std::vector<std::size_t> next_;  // per client
};

}  // namespace

int run_closed(const RunOptions& run, const ClosedLoop& mode) {
    ClosedRun load(run, mode.in_flight);
    Report report;
    report.text("mode", "closed").count("connections", run.swarm.clients).count("in_flight", mode.in_flight);
    std::string trouble;
    if (!load.swarm().set_up(run.set_up_limit)) trouble = "not every connection could be set up";
    if (trouble.empty()) trouble = load.prepare(mode.shares);
    const double server_cpu = cpu_seconds(run.server_processes);
    const double own_cpu = own_cpu_seconds();
    const auto started = Clock::now();
    if (trouble.empty()) {
        load.start();
        while (load.answered() < load.shares() && load.lost() == 0) {
            load.swarm().poll(std::chrono::milliseconds(200));
            if (Clock::now() - started > std::chrono::minutes(5)) break;
        }
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - started).count();
    const double answered = static_cast<double>(load.answered());
    if (trouble.empty() && answered > 0)
        report.number("seconds", seconds)
            .number("accepted_per_s", answered / seconds)
            .number("server_cpu_us_per_share",
                    (cpu_seconds(run.server_processes) - server_cpu) * 1e6 / answered)
            .number("generator_cpu_us_per_share", (own_cpu_seconds() - own_cpu) * 1e6 / answered);
    load.finish(report);
    if (!trouble.empty()) report.text("trouble", trouble);
    deliver(report, run);
    return trouble.empty() && load.answered() == load.shares() ? 0 : 1;
}

}  // namespace bench

// Tip: how long after a new block each of many connections hears of it. Arrival is the kernel's receive time
// of the notify. Two arrivals count per connection: the first job on the new tip, and the first such job with
// transactions (merkle branches).

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "tests/bench/modes.h"

namespace bench {

namespace {

std::int64_t realtime_ns() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

class TipRun final : public Observer {
  public:
    explicit TipRun(const SwarmOptions& options) : channels_(options.channels()) {}

    void on_work(Client& client, const News& news) override {
        if (!listening || news.previous == old_previous) return;
        const std::size_t stream = client.index * channels_ + news.channel;
        auto& first = first_ns[stream];
        if (first == 0) {
            first = news.received_at_ns;
            ++heard;
        }
        auto& full = full_ns[stream];
        if (news.branches && full == 0) {
            full = news.received_at_ns;
            ++heard_full;
        }
    }
    void on_closed(Client&, const std::string& why) override {
        ++lost;
        if (first_loss.empty()) first_loss = why;
    }
    void begin(std::size_t clients, const simulators::Hash256& previous) {
        first_ns.assign(clients * channels_, 0);
        full_ns.assign(clients * channels_, 0);
        heard = heard_full = 0;
        old_previous = previous;
        listening = true;
    }

    bool listening = false;
    simulators::Hash256 old_previous;
    std::vector<std::int64_t> first_ns;
    std::vector<std::int64_t> full_ns;
    std::size_t heard = 0;
    std::size_t heard_full = 0;
    std::uint64_t lost = 0;
    std::string first_loss;

  private:
    std::size_t channels_;
};

// Sends a request's bytes to another program on this machine; the answer is read and thrown away when the
// socket closes.
class Trigger {
  public:
    Trigger(const std::string& address, const std::string& file) {
        std::ifstream in(file, std::ios::binary);
        std::stringstream text;
        text << in.rdbuf();
        request_ = text.str();
        const auto colon = address.rfind(':');
        sockaddr_in server{};
        server.sin_family = AF_INET;
        unsigned port = 0;
        if (colon != std::string::npos)
            std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
        server.sin_port = htons(static_cast<std::uint16_t>(port));
        server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd_, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0 || request_.empty())
            throw std::runtime_error("the trigger cannot be reached or has no request: " + address);
    }
    ~Trigger() { close(fd_); }
    Trigger(const Trigger&) = delete;
    Trigger& operator=(const Trigger&) = delete;
    void fire() const { static_cast<void>(::send(fd_, request_.data(), request_.size(), MSG_NOSIGNAL)); }

  private:
    int fd_ = -1;
    std::string request_;
};

struct RoundTimes {
    std::vector<double> first, p50, last, spread, full_first, full_last, cpu_ms;
};

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

// Milliseconds from `start` of the sorted arrivals.
std::vector<double> since(std::int64_t start, const std::vector<std::int64_t>& arrivals) {
    std::vector<double> out;
    for (const std::int64_t at : arrivals)
        if (at != 0) out.push_back(static_cast<double>(at - start) / 1e6);
    std::sort(out.begin(), out.end());
    return out;
}

void keep_round(const TipRun& observer, std::int64_t start, double cpu_s, RoundTimes& times) {
    const auto first = since(start, observer.first_ns);
    if (first.empty()) return;
    times.first.push_back(first.front());
    times.p50.push_back(first[first.size() / 2]);
    times.last.push_back(first.back());
    times.spread.push_back(first.back() - first.front());
    times.cpu_ms.push_back(cpu_s * 1000);
    const auto full = since(start, observer.full_ns);
    if (full.empty()) return;
    times.full_first.push_back(full.front());
    times.full_last.push_back(full.back());
}

void submit_block(Swarm& swarm, const RunOptions& run, std::uint64_t round) {
    Client& client = swarm.clients().front();
    const auto minable = client.wire->minable(0);
    if (!minable) throw std::runtime_error("no job to make a block of");
    simulators::ShareMaker maker(minable->work, minable->seat, simulators::BlockWish::only,
                                 run.seed * 7919 + round);
    const auto share = maker.next(run.attempts_max);
    if (!share) throw std::runtime_error("no block in so many hashes: is this a test chain?");
    Swarm::submit(client, client.wire->prepare(0, *minable, 1000 + round, *share));
    swarm.flush(client);
}

void idle(Swarm& swarm, double seconds) {
    const auto until = Clock::now() + std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
    while (Clock::now() < until) swarm.poll(std::chrono::milliseconds(20));
}

}  // namespace

int run_tip(const RunOptions& run, const Tip& mode) {
    TipRun observer(run.swarm);
    RunOptions with_stamps = run;
    with_stamps.swarm.receive_timestamps = true;
    Swarm swarm(with_stamps.swarm, observer);
    Report report;
    report.text("mode", "tip")
        .count("connections", run.swarm.clients)
        .count("channels", run.swarm.clients * run.swarm.channels())
        .count("rounds", static_cast<std::uint64_t>(mode.rounds));
    const bool complete = swarm.set_up(run.set_up_limit);
    RoundTimes times;
    std::size_t missed = 0;
    for (int round = 0; complete && round < mode.rounds; ++round) {
        idle(swarm, mode.pause_seconds);
        const auto before = swarm.clients().front().wire->minable(0);
        const bool expects_branches = before && !before->work.branches.empty();
        observer.begin(swarm.clients().size(), before ? before->work.previous : simulators::Hash256{});
        const double cpu = cpu_seconds(run.server_processes);
        std::optional<Trigger> trigger;
        if (!mode.trigger_address.empty()) trigger.emplace(mode.trigger_address, mode.trigger_file);
        const std::int64_t start = realtime_ns();
        if (trigger)
            trigger->fire();
        else
            submit_block(swarm, run, static_cast<std::uint64_t>(round));
        const auto until =
            Clock::now() + std::chrono::milliseconds(static_cast<std::int64_t>(mode.wait_seconds * 1000));
        const auto all = [&] { return swarm.ready() * run.swarm.channels(); };
        while (Clock::now() < until && swarm.ready() > 0 &&
               (observer.heard < all() || (expects_branches && observer.heard_full < all())))
            swarm.poll(std::chrono::milliseconds(20));
        missed += all() - observer.heard;
        keep_round(observer, start, cpu_seconds(run.server_processes) - cpu, times);
    }
    report.number("first_ms", median(times.first))
        .number("p50_ms", median(times.p50))
        .number("last_ms", median(times.last))
        .number("spread_ms", median(times.spread))
        .number("full_first_ms", median(times.full_first))
        .number("full_last_ms", median(times.full_last))
        .number("last_worst_ms",
                times.last.empty() ? 0 : *std::max_element(times.last.begin(), times.last.end()))
        .number("server_cpu_ms", median(times.cpu_ms))
        .count("notifies_missed", missed)
        .count("connections_lost", observer.lost);
    if (!observer.first_loss.empty()) report.text("first_loss", observer.first_loss);
    if (!complete) report.text("trouble", "not every connection could be set up");
    deliver(report, run);
    return complete && missed == 0 && !times.first.empty() ? 0 : 1;
}

}  // namespace bench

// Fault: submits through kills and restarts. A share is made only when it is sent, on the work of the moment;
// a lost connection is opened again. The shares file then says of every submission whether it was accepted,
// rejected or never answered.

#include <fmt/format.h>

#include <deque>
#include <fstream>
#include <map>
#include <optional>
#include <unordered_map>

#include "tests/bench/modes.h"

namespace bench {

namespace {

struct Submission {
    simulators::Hash256 hash;
    enum class Fate : std::uint8_t { unanswered, accepted, rejected } fate = Fate::unanswered;
};

constexpr std::uint64_t first_id = 1000;

class FaultRun final : public Observer {
  public:
    FaultRun(const RunOptions& run, const Fault& mode) : run_(run), mode_(mode), swarm_(run.swarm, *this) {
        makers_.resize(run.swarm.clients * run.swarm.channels());
        waiting_.assign(run.swarm.clients, 0);
    }

    bool start() { return swarm_.set_up(run_.set_up_limit); }

    void go(double seconds) {
        const auto started = Clock::now();
        const auto until = started + std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
        double budget = 0;
        auto last = started;
        std::size_t turn = 0;
        while (Clock::now() < until) {
            const auto now = Clock::now();
            budget =
                std::min(budget + std::chrono::duration<double>(now - last).count() * mode_.rate_max, 1000.0);
            last = now;
            for (std::size_t tried = 0; budget >= 1 && tried < makers_.size(); ++tried)
                if (submit_one(turn++ % makers_.size())) budget -= 1;
            reopen(now);
            swarm_.poll(std::chrono::milliseconds(2));
        }
        const auto drain = Clock::now() + std::chrono::seconds(3);
        while (in_flight() > 0 && Clock::now() < drain) swarm_.poll(std::chrono::milliseconds(50));
    }

    void on_ready(Client& client) override {
        for (std::size_t channel = 0; channel < run_.swarm.channels(); ++channel) take_job(client, channel);
    }
    void on_work(Client& client, const News& news) override { take_job(client, news.channel); }
    void on_answer(Client& client, std::uint64_t id, bool accepted, std::string_view line) override {
        if (id < first_id || id - first_id >= submissions_.size()) return;
        auto& submission = submissions_[id - first_id];
        if (submission.fate != Submission::Fate::unanswered) ++answered_twice_;
        submission.fate = accepted ? Submission::Fate::accepted : Submission::Fate::rejected;
        if (!accepted)
            ++reasons_[std::string(
                line.substr(line.find("\"error\"") == std::string_view::npos ? 0 : line.find("\"error\"")))];
        if (waiting_[client.index] > 0) --waiting_[client.index];
    }
    void on_closed(Client& client, const std::string& why) override {
        if (losses_++ == 0) first_loss_ = why;
        waiting_[client.index] = 0;
        for (std::size_t channel = 0; channel < run_.swarm.channels(); ++channel)
            makers_[stream(client, channel)].reset();
        to_open_.emplace_back(Clock::now() + std::chrono::milliseconds(100), client.index);
    }

    void finish(Report& report) {
        std::uint64_t counts[3] = {0, 0, 0};
        for (const auto& submission : submissions_) ++counts[static_cast<std::size_t>(submission.fate)];
        report.count("submitted", submissions_.size())
            .count("accepted", counts[1])
            .count("rejected", counts[2])
            .count("unanswered", counts[0])
            .count("answered_twice", answered_twice_)
            .count("connections_lost", losses_);
        if (!first_loss_.empty()) report.text("first_loss", first_loss_);
        int shown = 0;
        for (const auto& [reason, times] : reasons_)
            if (++shown <= 8)
                report.text(fmt::format("reject_{}", shown), fmt::format("{} x {}", times, reason));
        if (run_.shares_file.empty()) return;
        std::ofstream file(run_.shares_file, std::ios::trunc);
        static constexpr const char* names[] = {"unanswered", "accepted", "rejected"};
        for (const auto& s : submissions_)
            file << names[static_cast<int>(s.fate)] << ' ' << stratum::displayed(s.hash) << '\n';
    }

  private:
    // Channels are dealt in turn: the first of every client, then the second.
    [[nodiscard]] std::size_t stream(const Client& client, std::size_t channel) const {
        return channel * run_.swarm.clients + client.index;
    }

    void take_job(Client& client, std::size_t channel) {
        auto minable = client.wire->minable(channel);
        if (!minable) return;
        const auto wish = run_.avoid_blocks ? simulators::BlockWish::avoid : simulators::BlockWish::any;
        simulators::ShareMaker shares(minable->work, minable->seat, wish,
                                      run_.seed * 1'000'003 + ++makers_made_);
        makers_[stream(client, channel)].emplace(Maker{std::move(*minable), std::move(shares)});
    }

    bool submit_one(std::size_t stream) {
        auto& maker = makers_[stream];
        Client& client = swarm_.clients()[stream % run_.swarm.clients];
        if (client.stage != Stage::ready || !maker || waiting_[client.index] >= mode_.in_flight) return false;
        const auto share = maker->shares.next(run_.attempts_max);
        if (!share) return false;
        const std::size_t channel = stream / run_.swarm.clients;
        Swarm::submit(client,
                      client.wire->prepare(channel, maker->minable, first_id + submissions_.size(), *share));
        submissions_.push_back({.hash = share->hash});
        ++waiting_[client.index];
        swarm_.flush(client);
        return true;
    }

    void reopen(Clock::time_point now) {
        while (!to_open_.empty() && to_open_.front().first <= now) {
            const std::size_t index = to_open_.front().second;
            to_open_.pop_front();
            swarm_.open(swarm_.clients()[index]);
        }
    }

    [[nodiscard]] std::size_t in_flight() const {
        std::size_t sum = 0;
        for (const std::size_t waiting : waiting_) sum += waiting;
        return sum;
    }

    const RunOptions& run_;
    const Fault& mode_;
    Swarm swarm_;
    struct Maker {
        Minable minable;
        simulators::ShareMaker shares;
    };
    std::vector<std::optional<Maker>> makers_;
    std::vector<std::size_t> waiting_;
    std::deque<std::pair<Clock::time_point, std::size_t>> to_open_;
    std::vector<Submission> submissions_;
    std::map<std::string, std::uint64_t> reasons_;
    std::uint64_t makers_made_ = 0;
    std::uint64_t answered_twice_ = 0;
    std::uint64_t losses_ = 0;
    std::string first_loss_;
};

}  // namespace

int run_fault(const RunOptions& run, const Fault& mode) {
    FaultRun load(run, mode);
    Report report;
    report.text("mode", "fault").count("connections", run.swarm.clients);
    const bool complete = load.start();
    if (complete)
        load.go(mode.seconds);
    else
        report.text("trouble", "not every connection could be set up");
    load.finish(report);
    deliver(report, run);
    return complete ? 0 : 1;
}

}  // namespace bench

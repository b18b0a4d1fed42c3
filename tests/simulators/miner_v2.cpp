// The CPU miner's Stratum V2 connection: the strict client on a blocking socket.

#include <chrono>
#include <cstdio>
#include <ctime>

#include "tests/simulators/byte_socket.h"
#include "tests/simulators/miner_pools.h"
#include "tests/simulators/v2_keys.h"

namespace simulators {

namespace v2 = stratum::v2;

namespace {

V2Options client_options(const MinerOptions& options) {
    V2Options client;
    client.flags = options.version_rolling ? v2::mining_requires_version_rolling : 0;
    if (options.standard_jobs) client.flags |= v2::mining_requires_standard_jobs;
    client.vendor = options.agent;
    client.authority = authority_of(options.url);
    client.worker_names = !options.worker_names.empty();
    for (std::size_t i = 0; i < options.channels; ++i)
        client.channels.push_back(
            {.kind = options.channel, .user = options.identity(), .nominal_hash_rate = options.hash_rate});
    return client;
}

class V2Connection final : private V2Events {
  public:
    V2Connection(const MinerOptions& options, HashThreads& hashing, Tally& tally)
        : options_(options),
          hashing_(hashing),
          tally_(tally),
          client_(client_options(options), v2::make_key_pair(system_random), *this) {}

    Ended run(const ShouldStop& should_stop) {
        if (!socket_.open(options_.url)) return Ended::lost;
        while (!should_stop()) {
            flush();
            const std::string bytes = socket_.read_some(std::chrono::milliseconds(50));
            client_.receive(stratum::view_of(bytes), static_cast<std::uint32_t>(std::time(nullptr)));
            tell_violations();
            if (client_.state() == V2Client::State::failed) {
                std::fprintf(stderr, "cpu-miner: %s\n", client_.trouble().c_str());
                return Ended::lost;
            }
            if (!socket_.is_open()) return Ended::lost;
            if (has_new_work_) assign();
            send_found();
            if (options_.shares != 0 && tally_.accepted >= options_.shares) return Ended::done;
        }
        return Ended::done;
    }

  private:
    void on_work(V2Channel&) override { has_new_work_ = true; }
    void on_accepted(V2Channel&, std::uint32_t) override { tally_.accept(options_); }
    void on_rejected(std::uint32_t, std::uint32_t, std::string_view code) override {
        tally_.reject(std::string(code));
    }
    void on_open_refused(std::uint32_t, std::string_view code) override {
        std::fprintf(stderr, "cpu-miner: the pool refused a channel: %s\n", std::string(code).c_str());
    }
    void on_channel_closed(std::uint32_t, std::string_view reason) override {
        std::fprintf(stderr, "cpu-miner: the pool closed a channel: %s\n", std::string(reason).c_str());
        has_new_work_ = true;
    }

    void assign() {
        has_new_work_ = false;
        Assignments all;
        bool other_tip = false;
        for (auto& [id, channel] : client_.channels()) {
            if (!channel.is_open()) continue;
            auto assignment = std::make_shared<Assignment>();
            assignment->work = channel.work();
            assignment->seat = channel.seat();
            if (!options_.version_rolling) assignment->seat.version_mask = 0;
            assignment->v2_channel_id = id;
            assignment->v2_job_id = channel.job()->id;
            other_tip = other_tip || assignment->work.previous != previous_;
            all.push_back(std::move(assignment));
        }
        if (!all.empty()) previous_ = all.back()->work.previous;
        hashing_.assign(std::move(all), other_tip ? OldShares::drop : OldShares::keep);
    }

    void send_found() {
        for (const Found& found : hashing_.take_found()) {
            V2Channel* channel = client_.channel(found.assignment->v2_channel_id);
            if (channel == nullptr) continue;
            std::string_view worker;
            if (!options_.worker_names.empty())
                worker = options_.worker_names[sequence_ % options_.worker_names.size()];
            client_.submit(
                *channel,
                {.job_id = found.assignment->v2_job_id, .sequence_number = sequence_++, .worker = worker},
                found.share);
        }
        flush();
    }

    void flush() { socket_.write(std::exchange(client_.output(), {})); }

    void tell_violations() {
        const auto& violations = client_.violations();
        for (; told_ < violations.texts().size(); ++told_)
            std::fprintf(stderr, "cpu-miner: the server breaks the protocol: %s\n",
                         violations.texts()[told_].c_str());
        tally_.violations += violations.count() - counted_;
        counted_ = violations.count();
    }

    const MinerOptions& options_;
    HashThreads& hashing_;
    Tally& tally_;
    ByteSocket socket_;
    V2Client client_;
    bool has_new_work_ = false;
    Hash256 previous_;
    std::uint32_t sequence_ = 0;
    std::size_t told_ = 0;
    std::uint64_t counted_ = 0;
};

}  // namespace

Ended mine_v2(const MinerOptions& options, HashThreads& hashing, Tally& tally,
              const ShouldStop& should_stop) {
    return V2Connection(options, hashing, tally).run(should_stop);
}

}  // namespace simulators

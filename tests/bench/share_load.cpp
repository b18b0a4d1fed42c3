#include "tests/bench/share_load.h"

#include <fmt/format.h>

namespace bench {

std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count();
}

ShareLoad::ShareLoad(const RunOptions& run) : run_(run), swarm_(run.swarm, *this) {}

std::string ShareLoad::prepare(std::uint64_t count) {
    auto& clients = swarm_.clients();
    lines_.assign(clients.size(), {});
    shares_.assign(count, {});
    const std::size_t channels = swarm_.options().channels();
    for (std::size_t c = 0; c < clients.size(); ++c)
        for (std::size_t channel = 0; channel < channels; ++channel) {
            auto trouble = prepare_channel(clients[c], channel, c + channel * clients.size());
            if (!trouble.empty()) return trouble;
        }
    return {};
}

std::string ShareLoad::prepare_channel(Client& client, std::size_t channel, std::size_t first_share) {
    const auto minable = client.wire->minable(channel);
    if (!minable) return fmt::format("no job on connection {}, channel {}", client.index, channel);
    const auto wish = run_.avoid_blocks ? simulators::BlockWish::avoid : simulators::BlockWish::any;
    simulators::ShareMaker maker(minable->work, minable->seat, wish, run_.seed * 1'000'003 + first_share);
    std::string& lines = lines_[client.index];
    const std::size_t stride = swarm_.clients().size() * swarm_.options().channels();
    for (std::size_t i = first_share; i < shares_.size(); i += stride) {
        const auto share = maker.next(run_.attempts_max);
        if (!share)
            return fmt::format("no share below {} in {} hashes", minable->seat.target, run_.attempts_max);
        const std::string line = client.wire->prepare(channel, *minable, first_id + i, *share);
        shares_[i].client = static_cast<std::uint32_t>(client.index);
        shares_[i].offset = static_cast<std::uint32_t>(lines.size());
        shares_[i].bytes = static_cast<std::uint32_t>(line.size());
        shares_[i].hash = share->hash;
        lines += line;
    }
    return {};
}

void ShareLoad::submit(std::size_t share, std::int64_t started_ns) {
    PreparedShare& s = shares_[share];
    s.started_ns = started_ns;
    s.fate = PreparedShare::Fate::sent;
    Swarm::submit(swarm_.clients()[s.client], std::string_view(lines_[s.client]).substr(s.offset, s.bytes));
}

void ShareLoad::on_answer(Client& client, std::uint64_t id, bool accepted, std::string_view line) {
    if (id < first_id || id - first_id >= shares_.size()) return;
    PreparedShare& share = shares_[id - first_id];
    if (share.fate != PreparedShare::Fate::sent)
        return;  // answered twice: the count below will not reach its goal
    latencies_.add(now_ns() - share.started_ns);
    share.fate = accepted ? PreparedShare::Fate::accepted : PreparedShare::Fate::rejected;
    ++(accepted ? accepted_ : rejected_);
    if (!accepted && first_reject_.empty()) first_reject_ = line;
    on_counted(client);
}

void ShareLoad::on_closed(Client&, const std::string& why) {
    ++lost_;
    if (first_loss_.empty()) first_loss_ = why;
}

void ShareLoad::finish(Report& report) {
    report.count("accepted", accepted_)
        .count("rejected", rejected_)
        .count("unanswered", shares_.size() - answered())
        .count("connections_lost", lost_)
        .number("p50_ms", latencies_.at(0.5))
        .number("p99_ms", latencies_.at(0.99))
        .number("max_ms", latencies_.at(1));
    if (!first_reject_.empty()) report.text("first_reject", first_reject_);
    if (!first_loss_.empty()) report.text("first_loss", first_loss_);
    if (run_.shares_file.empty()) return;
    std::ofstream file(run_.shares_file, std::ios::trunc);
    static constexpr const char* names[] = {"unsent", "unanswered", "accepted", "rejected"};
    for (const PreparedShare& share : shares_)
        file << names[static_cast<int>(share.fate)] << ' ' << stratum::displayed(share.hash) << '\n';
}

}  // namespace bench

#pragma once
// A pool as the web server's tests and the page's fixture see it: values in memory, a database that can be
// away.

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "server/http/api.h"
#include "server/http/live.h"
#include "server/http/statistics_source.h"

namespace sample {

inline const std::string alice = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
inline const std::string bob = "bob";
inline const std::string block_hash = "00000000000000000001a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f7";
inline const std::string authority = "9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh";
inline constexpr std::int64_t now_us = 1'763'647'200'000'000;  // 2025-11-20T14:00:00Z

inline std::vector<server::http::Hashrate> hashrates(double hps) {
    return {{600, hps, 180}, {3600, hps * 0.98, 1080}, {86400, hps * 1.02, 25920}};
}

inline server::http::LivePool live_pool() {
    server::http::LivePool live;
    live.network = "regtest";
    live.sessions = 12;
    live.shares_accepted = 48'213;
    live.rejects = {{"stale", 31}, {"duplicate", 2}, {"low_difficulty", 0}, {"unknown_job", 4}};
    live.hashrate_hps = 1.234e15;
    live.hashrate_relative_error = 0.031;
    live.hashrate_window_s = 600;
    live.template_age_s = 4.2;
    live.templates_flow = true;
    live.template_height = 840'123;
    live.network_difficulty = 155'970'000'000'000.0;
    live.journal_lag_records = 7;
    live.import_lag_s = 0.2;
    live.database_available = true;
    live.nodes = {{"node-1", "healthy", "templates flow", block_hash, 840'122},
                  {"node-2", "lagging", "2 blocks behind node-1", block_hash, 840'120}};
    live.channels = 15;
    live.certificate_left_s = 86'400;
    live.listeners = {{"stratum_v1", "0.0.0.0", 3333},
                      {"stratum_v1_tls", "0.0.0.0", 3443},
                      {"stratum_v2", "0.0.0.0", 3336, authority},
                      {"stratum_auto", "0.0.0.0", 3337, authority}};
    return live;
}

class Statistics : public server::http::StatisticsSource {
  public:
    std::atomic<bool> away = false;
    std::atomic<bool> slow = false;
    std::atomic<bool> empty = false;
    std::atomic<bool> hang = false;  // until it is set back
    std::int64_t now_us = sample::now_us;

    server::http::PoolHistory pool() override {
        check();
        server::http::PoolHistory out;
        if (empty) return out;
        out.hashrate = hashrates(1.234e15);
        out.round_effort = 0.84;
        out.round_started_at_us = now_us - 7'200'000'000;
        out.luck = server::http::Luck{10, 1.07};
        out.blocks = {{"submitted", 0}, {"immature", 1}, {"mature", 12}, {"orphaned", 1}};
        out.rejects_day = {{"stale", 211}, {"duplicate", 9}, {"unknown_job", 31}};
        out.users_active = 2;
        out.workers_active = 5;
        return out;
    }
    std::optional<server::http::UserHistory> user(std::string_view user) override {
        check();
        if (empty || (user != alice && user != bob)) return std::nullopt;
        return server::http::UserHistory{std::string(user),
                                         user == bob ? "name" : "address",
                                         hashrates(8e14),
                                         now_us - 1'500'000,
                                         3,
                                         {{"stale", 4}},
                                         218'750'000};
    }
    std::vector<server::http::WorkerHistory> workers(std::string_view, std::size_t) override {
        check();
        return {{"rig-01", hashrates(3e14), now_us - 1'500'000},
                {"<b>rig</b> & co", hashrates(2.1e14), now_us - 65'000'000},
                {"", {{600, 0, 0}, {3600, 1e12, 3}, {86400, 4e13, 500}}, now_us - 7'000'000'000}};
    }
    std::vector<server::http::BlockHistory> blocks(std::optional<std::uint32_t> before_height,
                                                   std::size_t count) override {
        check();
        std::vector<server::http::BlockHistory> out;
        if (empty) return out;
        const std::vector<std::string> states{"immature", "mature", "orphaned", "submitted"};
        for (std::uint32_t i = 0; out.size() < count && i < 30; ++i) {
            server::http::BlockHistory one = latest();
            one.height -= i;
            one.found_at_us -= std::int64_t{i} * 7'200'000'000;
            one.state = states[i % states.size()];
            if (i != 0) one.hash = std::to_string(one.height) + std::string(64 - 6, 'f');
            if (!before_height || one.height < *before_height) out.push_back(one);
        }
        return out;
    }
    std::optional<server::http::BlockHistory> block(std::string_view hash) override {
        check();
        return hash == block_hash && !empty ? std::optional(latest()) : std::nullopt;
    }
    std::optional<server::http::PayoutRun> payout_run(std::string_view hash) override {
        check();
        if (hash != block_hash || empty) return std::nullopt;
        server::http::PayoutRun run;
        run.block = block_hash;
        run.height = latest().height;
        run.scheme = "pplns";
        run.rule = 1;
        run.computed_at_us = latest().found_at_us + 1'000'000;
        run.reward_sats = 312'512'345;
        run.fee_sats = 3'125'123;
        run.window_ratio = 1;
        run.input_hash = std::string(64, '1');
        run.output_hash = std::string(64, '2');
        run.lines = {{alice, "8123456789012345678901", 0.7, 216'571'055},
                     {bob, "3481481481005291005243", 0.3, 92'816'167}};
        return run;
    }

  private:
    [[nodiscard]] server::http::BlockHistory latest() const {
        return {block_hash, 840'122, now_us - 600'000'000, alice, "rig-01", "immature", 3, 1.31, 312'512'345};
    }
    void check() const {
        hang.wait(true);
        if (slow) throw server::http::StatisticsTooSlow("canceling statement due to statement timeout");
        if (away) throw server::http::StatisticsUnavailable("connection refused");
    }
};

}  // namespace sample

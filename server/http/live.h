#pragma once
// What the web shows that lives in memory. main.cpp fills it from pool and node through callables, so http
// knows neither.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace server::http {

struct LiveNode {
    std::string name, state, detail, tip;
    std::uint32_t height = 0;
};

struct LiveListener {
    std::string protocol;  // "stratum_v1", "stratum_v1_tls", "stratum_v2", "stratum_auto"
    std::string address;
    std::uint16_t port = 0;
    std::string authority{};  // where V2 is spoken: the key at the end of its URL
};

struct LivePool {
    std::string network;        // main, test, signet, regtest
    bool serves_miners = true;  // false: this process only shows what others mined
    std::uint64_t sessions = 0;
    std::uint64_t channels = 0;
    std::optional<double> certificate_left_s;      // where V2 is spoken
    std::uint64_t shares_accepted = 0;             // since start
    std::map<std::string, std::uint64_t> rejects;  // by reason, since start
    double hashrate_hps = 0;             // hashes per second over hashrate_window_s of accepted work
    double hashrate_relative_error = 0;  // one standard deviation, 1/sqrt(shares)
    double hashrate_window_s = 0;
    double template_age_s = 0;
    bool templates_flow = false;  // false: no node gives templates, miners have nothing fresh to work on
    std::uint32_t template_height = 0;
    double network_difficulty = 0;
    std::uint64_t journal_lag_records = 0;  // journaled, not yet in PostgreSQL
    double import_lag_s = 0;       // age of the oldest record not yet in PostgreSQL; 0 when there is none
    bool journal_writable = true;  // false: a shard cannot write its journal and refuses shares
    bool database_available = false;
    std::vector<LiveNode> nodes;
    std::vector<LiveListener> listeners;
};

using LiveSource = std::function<LivePool()>;  // any thread; cheap

}  // namespace server::http

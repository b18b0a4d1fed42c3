#pragma once
// What the pool is told. Filled by server/config.cpp.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "stratum/limits.h"
#include "stratum/target.h"
#include "stratum/template.h"
#include "stratum/v2/keys.h"

namespace server::pool {

// What clients may speak on a port.
enum class Accepts : std::uint8_t {
    v1,
    v2,
    any,  // V1, V1 over TLS where a certificate is configured, V2
};

inline constexpr std::uint16_t usual_v2_port = 3336;

struct ListenerOptions {
    std::string address = "0.0.0.0";  // IPv4 or IPv6 literal; "::" takes both
    std::uint16_t port = 3333;        // 0: the system chooses (tests)
    Accepts accepts = Accepts::v1;
    bool tls = false;                        // V1 only over TLS
    std::vector<std::string> proxy_trusted;  // CIDR ranges that may send a PROXY header; empty: none
    std::uint8_t rest_bytes = 8;             // extranonce2 size offered
    stratum::Difficulty difficulty_start;    // port default
    stratum::Difficulty difficulty_min;
    std::string difficulty_start_text = "1024";  // as configured
};

struct StratumV2Options {
    // Both, or neither: then the authority's key is made in data_dir and signs for us.
    std::filesystem::path certificate_file;
    std::filesystem::path server_key_file;
    std::optional<stratum::v2::XOnlyKey> authority;  // whose certificate it must be; empty: as the file says
    std::uint32_t version_mask = 0x1fffffe0;         // BIP323
    std::uint32_t success_batch = 10;                // accepted shares in one answer
    std::chrono::milliseconds success_delay{1000};   // longest wait of the first of them
    std::chrono::seconds channel_timeout{60};        // from the set-up to the first channel
    std::size_t channels_per_connection_max = 16'384;
    bool job_declaration = false;
};

struct PoolOptions {
    std::string node_name = "pool-1";  // unique among pool nodes that share a database
    std::filesystem::path data_dir;
    std::vector<ListenerOptions> listeners;
    std::filesystem::path tls_certificate;
    std::filesystem::path tls_key;
    unsigned shards = 0;  // 0: cores minus one, at least one
    stratum::Network network = stratum::Network::regtest;
    std::string coinbase_tag = "/Hashyard/";
    stratum::Bytes payout_script;
    std::uint32_t version_mask = 0x1fffe000;  // BIP320
    double shares_per_minute = 18;            // vardiff's aim
    bool vardiff = true;
    std::chrono::milliseconds journal_sync_interval{5};
    bool journal_strict = false;  // true: answers wait for fdatasync
    std::uint64_t journal_segment_bytes = 64ULL << 20;
    std::size_t sessions_max = 100'000;
    std::size_t sessions_per_ip_max = 0;  // 0: no limit (rental proxies)
    std::chrono::seconds job_interval{30};
    std::chrono::seconds login_timeout{15};
    std::chrono::seconds idle_timeout{600};
    StratumV2Options v2;
};

}  // namespace server::pool

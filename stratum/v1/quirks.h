#pragma once
// What is known of clients by their agent text, as data. Sources: DATUM gateway's coinbase classes, ESP-Miner
// and NerdMiner issues, btcpool and NiceHash notes; see the table. Pure.

#include <cstdint>
#include <string_view>

#include "stratum/job.h"
#include "stratum/target.h"

namespace stratum::v1 {

struct Quirks {
    std::string_view name;          // one spelling for metrics and the API
    std::string_view agent_prefix;  // compared without regard to case; empty matches all
    SizeClass size_class;           // largest coinbase its firmware takes
    std::uint64_t difficulty_min;   // whole; 0: the port's
    bool fractions;                 // understands difficulties below 1
    bool long_idle;                 // keeps connections for days without work (rental proxies)
};

// Bytes of coinbase a class allows.
std::size_t coinbase_bytes_max(SizeClass size_class);
const Quirks& quirks_of(std::string_view agent);

}  // namespace stratum::v1

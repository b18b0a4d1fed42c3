#pragma once
// What the job declaration server is told. Filled by server/config.cpp.

#include <chrono>
#include <cstdint>
#include <string>

#include "stratum/bytes.h"

namespace server::declaration {

inline constexpr std::uint16_t usual_port = 3337;

struct DeclarationOptions {
    bool enabled = false;
    std::string address = "0.0.0.0";  // IPv4 or IPv6 literal
    std::uint16_t port = usual_port;  // 0: the system chooses
    stratum::Bytes payout_script;
    std::size_t connections_max = 64;
};

}  // namespace server::declaration

#pragma once
// What a channel sends back, decoded to fixed binary. Comparing text is never needed after this point.

#include <array>
#include <cstdint>

#include "stratum/limits.h"

namespace stratum {

struct Submission {
    std::uint64_t job = 0;
    std::array<std::uint8_t, rest_bytes_max> rest{};  // the client's part of the extranonce
    std::uint8_t rest_bytes = 0;
    std::uint32_t ntime = 0;
    std::uint32_t nonce = 0;
    std::uint32_t version_bits = 0;  // V1: the rolled bits; zero when the client sends none
};

}  // namespace stratum

#pragma once
// What a V2 listener asks of its sessions. Plain data; the listener outlives them.

#include <chrono>
#include <cstdint>

#include "stratum/limits.h"
#include "stratum/target.h"
#include "stratum/vardiff.h"

namespace stratum::v2 {

struct MiningSettings {
    Difficulty difficulty_start;
    Difficulty difficulty_min;
    VardiffSettings vardiff;
    // On real chains no share need be harder than a block; on regtest that would make every second hash a
    // share.
    bool difficulty_capped_by_network = true;
    std::uint32_t version_mask = 0x1fffffe0;  // BIP323; 0: versions are fixed
    bool job_declaration = false;
    std::size_t channels_max = channels_per_session_max;
    // SubmitShares.Success leaves after so many accepted shares of a channel, or when the oldest has waited
    // so long.
    std::uint32_t success_batch = 10;
    std::chrono::milliseconds success_delay{1000};
};

struct SessionSettings {
    MiningSettings mining;
    std::chrono::seconds setup_timeout{10};    // from the handshake to SetupConnection
    std::chrono::seconds channel_timeout{60};  // from there to the first channel
    std::chrono::seconds idle_timeout{600};    // nothing heard
};

}  // namespace stratum::v2

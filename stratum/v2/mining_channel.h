#pragma once
// One channel of a V2 mining connection: the pool's Channel and what its client was told. Plain data of
// mining.cpp and its sisters, on the session's thread.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "stratum/channel.h"
#include "stratum/v2/accepted_shares.h"

namespace stratum::v2 {

struct MiningChannel {
    explicit MiningChannel(Channel made) : channel(std::move(made)) {}

    std::uint32_t id = 0;
    bool standard = false;
    bool started = false;  // has had its first job
    bool closed = false;   // by its client, while shares of it wait for their verdict
    bool proved = false;   // an accepted share
    Channel channel;
    std::string identity;      // as the client wrote it
    std::uint32_t worker = 0;  // of the identity
    Uint256 max_target;        // the easiest the client can take
    float nominal_hash_rate = 0;
    Difficulty told;
    AcceptedShares accepted;
    // When the accepted shares must be told at the latest.
    std::optional<std::chrono::steady_clock::time_point> success_due;
    std::uint32_t unsettled = 0;  // shares in the batch
    // Workers that shares named (extension 0x0002): name, number.
    std::unique_ptr<std::map<std::string, std::uint32_t, std::less<>>> told_workers;
};

}  // namespace stratum::v2

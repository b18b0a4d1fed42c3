#pragma once
// Prefixes: the part of the extranonce that the pool gives each channel so that no two search the same space.
// Pure; one allocator per shard, on its thread. A prefix is 4 bytes: shard, then a 24-bit counter. A released
// prefix rests until every job that was live then is gone: work done under it could be sent again by its next
// holder and be credited twice.

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "stratum/limits.h"

namespace stratum {

using Prefix = std::uint32_t;
inline constexpr std::size_t prefix_bytes = 4;
inline constexpr std::uint32_t prefixes_per_shard = 1u << 24;
std::array<std::uint8_t, prefix_bytes> bytes_of(Prefix prefix);  // big-endian, as hex reads

class PrefixAllocator {
  public:
    using Instant = std::chrono::steady_clock::time_point;
    // `first`: where counting begins, different after each start so that late work of the last run meets few
    // equals. `count`: how many there are; simulators take few, so that each is used again.
    PrefixAllocator(std::uint8_t shard, std::uint32_t first, std::uint32_t count = prefixes_per_shard);

    // nullopt when all are taken or resting: refuse that client, keep the others.
    [[nodiscard]] std::optional<Prefix> allocate(Instant now);
    // Takes this very prefix for a client that proves it held it. False when it is live, resting or another
    // shard's.
    [[nodiscard]] bool claim(Prefix prefix, Instant now);
    void release(Prefix prefix, Instant now);  // rests for job_kept_for
    // Nothing was credited under it, so nothing can be twice: no rest. Who opens and closes channels
    // without work uses none up.
    void release_unproved(Prefix prefix);
    [[nodiscard]] std::uint8_t shard() const { return shard_; }
    [[nodiscard]] std::size_t taken() const { return taken_; }  // live and resting

  private:
    void end_rests(Instant now);

    std::uint8_t shard_;
    std::uint32_t count_;
    std::uint32_t next_;
    std::size_t taken_ = 0;
    std::vector<bool> used_;  // by counter: 2 MiB when there are 2^24
    std::deque<std::pair<Instant, std::uint32_t>> resting_;
};

}  // namespace stratum

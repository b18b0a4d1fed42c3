#pragma once
// SHA-256 and Bitcoin's double SHA-256. Pure; any thread. Uses the processor's SHA extensions where it has
// them (chosen once at start), else portable code. FIPS 180-4. The paired forms hash two independent inputs
// side by side: SHA instructions have a latency of several cycles but start every other cycle, so two streams
// take little longer than one.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "stratum/bytes.h"

namespace stratum {

// The running state after whole 64-byte blocks.
struct Sha256State {
    std::array<std::uint32_t, 8> words;
    static Sha256State initial();
};

Hash256 sha256(ByteView data);
Hash256 sha256d(ByteView data);
// sha256d of two 32-byte hashes joined, the step of every merkle tree.
Hash256 sha256d_pair(const Hash256& left, const Hash256& right);
// Continues `state` over whole blocks; data.size() is a multiple of 64.
void sha256_update(Sha256State& state, ByteView blocks);
// sha256d of (bytes already in `state`, a multiple of 64) || tail.
Hash256 sha256d_finish(const Sha256State& state, std::uint64_t bytes_in_state, ByteView tail);

// Two at once. `tails` are of equal size, at most sha256_paired_tail_bytes_max.
inline constexpr std::size_t sha256_paired_tail_bytes_max = 4096;
std::array<Hash256, 2> sha256d_finish_two(const std::array<const Sha256State*, 2>& states,
                                          std::uint64_t bytes_in_state, const std::array<ByteView, 2>& tails);
std::array<Hash256, 2> sha256d_pair_two(const std::array<Hash256, 2>& left,
                                        const std::array<const Hash256*, 2>& right);

// "shani" or "portable".
const char* sha256_backend();
// For tests: run on portable code from now on (true) or on the best there is (false).
void sha256_use_portable(bool portable);

}  // namespace stratum

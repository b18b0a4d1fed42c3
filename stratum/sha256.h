#pragma once
// SHA-256 and Bitcoin's double SHA-256. Pure; any thread. Uses the processor's SHA extensions where it has them
// (chosen once at start), else portable code. Two independent streams can be hashed side by side, which hides
// the latency of the SHA instructions. FIPS 180-4.

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

// "shani" or "portable".
const char* sha256_backend();

}  // namespace stratum

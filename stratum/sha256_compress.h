#pragma once
// The SHA-256 compression function in its two forms. Private to sha256.cpp and its tests.

#include <cstdint>

namespace stratum {

// A message block: 64 bytes as they come (big-endian words), or 16 words already in machine order.
enum class BlockForm : std::uint8_t { bytes, words };

struct CompressLane {
    std::uint32_t* state;  // 8 words, updated
    const void* block;     // 64 bytes
};

extern const std::uint32_t sha256_round_constants[64];

void compress_portable(const CompressLane& lane, BlockForm form);
[[nodiscard]] bool shani_supported();
void compress_shani(const CompressLane& lane, BlockForm form);
void compress_shani_two(const CompressLane& first, const CompressLane& second, BlockForm form);

}  // namespace stratum

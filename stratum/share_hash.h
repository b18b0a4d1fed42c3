#pragma once
// The header hash of submissions, many at a time. Pure; any thread. Two run side by side where their shapes
// agree. Cost: (coinbase tail + branches x 3 + 3) compressions; about 45 ns each alone, 28 ns in a pair (SHA
// extensions).

#include <array>
#include <cstdint>
#include <span>

#include "stratum/job.h"

namespace stratum {

struct HeaderInput {
    const Job* job = nullptr;
    std::array<std::uint8_t, extranonce_bytes_max> extranonce{};  // prefix then rest
    std::uint8_t extranonce_size = 0;
    std::uint32_t version = 0;
    std::uint32_t ntime = 0;
    std::uint32_t nonce = 0;
};

// The merkle root that a whole extranonce gives: what a V2 standard channel is sent.
Hash256 merkle_root_of(const Job& job, ByteView extranonce);

// The coinbase without witness and the 80-byte header an input stands for.
Bytes coinbase_of(const HeaderInput& input);
std::array<std::uint8_t, 80> header_of(const HeaderInput& input, const Hash256& merkle_root);

// out.size() == inputs.size(). Every input's job is set.
void hash_headers(std::span<const HeaderInput> inputs, std::span<Hash256> out);

}  // namespace stratum

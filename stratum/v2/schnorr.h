#pragma once
// Schnorr signatures of BIP340. Pure; any thread.

#include <array>
#include <cstdint>

#include "stratum/bytes.h"
#include "stratum/v2/keys.h"

namespace stratum::v2 {

using Signature = std::array<std::uint8_t, 64>;

// `auxiliary` is fresh randomness, which guards the secret against side channels; zeros are allowed.
Signature sign(const SecretKey& key, ByteView message, const std::array<std::uint8_t, 32>& auxiliary);
[[nodiscard]] bool verify(const XOnlyKey& key, ByteView message, const Signature& signature);

}  // namespace stratum::v2

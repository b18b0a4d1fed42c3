#pragma once
// ElligatorSwift: public keys as 64 bytes that look random, and the key agreement on them. Pure; any thread.
// BIP324. On libsecp256k1's ellswift module where the system has it, else on ellswift_portable.h. Encoding
// and decoding see public values only, so they need not be of constant time; everything with a secret stays
// inside libsecp256k1.

#include <array>
#include <cstdint>

#include "stratum/v2/keys.h"

namespace stratum::v2 {

inline constexpr std::size_t ellswift_bytes = 64;

// u, then t: 32 bytes each, most significant first. Every 64 bytes encode some key.
struct EllSwift {
    std::array<std::uint8_t, ellswift_bytes> bytes{};

    bool operator==(const EllSwift&) const = default;
};

// A secret and the very encoding that goes over the wire: the agreed secret depends on these exact bytes.
struct KeyPair {
    SecretKey secret;
    EllSwift encoding;
};

// Who opened the connection, not who computes.
enum class Role : std::uint8_t { initiator, responder };

XOnlyKey decode(const EllSwift& encoding);
// One of about 2^256 encodings of a key that is on the curve.
EllSwift encode(const XOnlyKey& key, const RandomSource& random);
KeyPair make_key_pair(const RandomSource& random);
// BIP324's shared secret. `own_role` is that of the holder of `own`.
Secret32 ecdh(const KeyPair& own, const EllSwift& peer, Role own_role);

// "libsecp256k1" or "portable".
const char* ellswift_backend();

}  // namespace stratum::v2

#pragma once
// Secret and public keys on secp256k1, and bytes that are wiped. Pure; any thread. Secrets are cleared from
// memory when they are destroyed.

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "stratum/bytes.h"

namespace stratum::v2 {

// Fills the span with random bytes fit for secrets; the caller owns what happens when there are none.
using RandomSource = std::function<void(std::span<std::uint8_t>)>;

// Overwrites the bytes in a way the compiler keeps.
void wipe(std::span<std::uint8_t> bytes);

struct Secret32 {
    std::array<std::uint8_t, 32> bytes{};

    ~Secret32() { wipe(bytes); }
};

// The x coordinate of a point on the curve, most significant byte first; the point with even y (BIP340).
// Plain bytes: whether such a point exists is asked with is_on_curve().
struct XOnlyKey {
    std::array<std::uint8_t, 32> bytes{};

    auto operator<=>(const XOnlyKey&) const = default;
};
[[nodiscard]] bool is_on_curve(const XOnlyKey& key);

// A number from 1 to the curve's order less one.
class SecretKey {
  public:
    // nullopt: zero, or not below the order.
    [[nodiscard]] static std::optional<SecretKey> from_bytes(std::span<const std::uint8_t, 32> bytes);
    static SecretKey make(const RandomSource& random);

    [[nodiscard]] const std::array<std::uint8_t, 32>& bytes() const { return secret_.bytes; }
    [[nodiscard]] XOnlyKey public_key() const;

  private:
    SecretKey() = default;
    Secret32 secret_;
};

// Blinds the curve arithmetic against side channels. Once, before other threads use this folder.
void blind_curve(const std::array<std::uint8_t, 32>& random);

}  // namespace stratum::v2

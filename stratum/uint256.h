#pragma once
// 256-bit unsigned integers for targets and work. Pure; any thread.
// Arithmetic wraps like the built-in unsigned types unless a function says otherwise.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stratum/bytes.h"

namespace stratum {

class Uint256 {
  public:
    constexpr Uint256() = default;
    constexpr explicit Uint256(std::uint64_t low) : limbs_{low, 0, 0, 0} {}
    // Limbs from least to most significant.
    constexpr Uint256(std::uint64_t l0, std::uint64_t l1, std::uint64_t l2, std::uint64_t l3)
        : limbs_{l0, l1, l2, l3} {}

    // A hash read as the number consensus compares: its 32 bytes, little-endian.
    static Uint256 from_hash(const Hash256& hash);
    static constexpr Uint256 max() { return {~0ULL, ~0ULL, ~0ULL, ~0ULL}; }
    // 1 to 64 hex letters, most significant first.
    [[nodiscard]] static std::optional<Uint256> parse_hex(std::string_view text);

    [[nodiscard]] constexpr std::uint64_t limb(std::size_t index) const { return limbs_[index]; }
    [[nodiscard]] int bit_width() const;  // 0 for zero, else index of the highest set bit plus one
    [[nodiscard]] bool is_zero() const { return bit_width() == 0; }
    [[nodiscard]] std::array<std::uint8_t, 32> little_endian() const;
    [[nodiscard]] std::string hex() const;      // 64 letters, most significant first
    [[nodiscard]] std::string decimal() const;  // for SQL numeric and JSON text
    [[nodiscard]] double approximate() const;   // display only

    friend constexpr bool operator==(const Uint256&, const Uint256&) = default;
    friend constexpr std::strong_ordering operator<=>(const Uint256& a, const Uint256& b) {
        for (std::size_t i = 4; i-- > 0;)
            if (a.limbs_[i] != b.limbs_[i]) return a.limbs_[i] <=> b.limbs_[i];
        return std::strong_ordering::equal;
    }
    friend Uint256 operator+(const Uint256& a, const Uint256& b);
    friend Uint256 operator-(const Uint256& a, const Uint256& b);
    friend Uint256 operator~(const Uint256& a);
    friend Uint256 operator<<(const Uint256& a, int bits);
    friend Uint256 operator>>(const Uint256& a, int bits);
    friend Uint256 operator/(const Uint256& a, const Uint256& b);  // b is not zero

  private:
    std::array<std::uint64_t, 4> limbs_{};
};

}  // namespace stratum

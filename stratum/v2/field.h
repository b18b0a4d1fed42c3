#pragma once
// Numbers modulo p = 2^256 - 2^32 - 977, the field of secp256k1. For ElligatorSwift, on public values only:
// nothing here takes constant time. Pure; any thread. Values are always below p.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace stratum::v2 {

class Field {
  public:
    constexpr Field() = default;
    constexpr explicit Field(std::uint64_t value) : limbs_{value, 0, 0, 0} {}
    // Limbs from least to most significant, together below p.
    constexpr Field(std::uint64_t l0, std::uint64_t l1, std::uint64_t l2, std::uint64_t l3)
        : limbs_{l0, l1, l2, l3} {}
    // 32 bytes, most significant first; p and above are taken modulo p.
    static Field from_bytes(std::span<const std::uint8_t, 32> bytes);
    [[nodiscard]] std::array<std::uint8_t, 32> bytes() const;

    [[nodiscard]] bool is_zero() const { return (limbs_[0] | limbs_[1] | limbs_[2] | limbs_[3]) == 0; }
    friend bool operator==(const Field&, const Field&) = default;
    friend Field operator+(const Field& a, const Field& b);
    friend Field operator-(const Field& a, const Field& b);
    friend Field operator*(const Field& a, const Field& b);
    Field operator-() const { return Field{} - *this; }

    [[nodiscard]] Field square() const { return *this * *this; }
    [[nodiscard]] Field half() const;
    [[nodiscard]] Field inverse() const;  // of zero: zero
    // The root that is a square itself; nullopt when there is none.
    [[nodiscard]] std::optional<Field> root() const { return root_of_ratio(*this, Field{1}); }
    // The same of numerator/denominator, without dividing. The denominator is not zero.
    [[nodiscard]] static std::optional<Field> root_of_ratio(const Field& numerator, const Field& denominator);

  private:
    void reduce_once(bool carry);
    [[nodiscard]] Field squared(int times) const;
    struct Powers;
    [[nodiscard]] Powers powers() const;

    std::array<std::uint64_t, 4> limbs_{};
};

}  // namespace stratum::v2

#include "stratum/v2/field.h"

namespace stratum::v2 {
namespace {

__extension__ using Uint128 = unsigned __int128;

constexpr std::uint64_t excess = 0x1000003d1;  // 2^256 - p

}  // namespace

// One subtraction of p, that is an addition of `excess` modulo 2^256, when the value is p or above.
void Field::reduce_once(bool carry) {
    const bool at_least_p =
        limbs_[3] == ~0ULL && limbs_[2] == ~0ULL && limbs_[1] == ~0ULL && limbs_[0] >= 0 - excess;
    if (!carry && !at_least_p) return;
    Uint128 sum = static_cast<Uint128>(limbs_[0]) + excess;
    limbs_[0] = static_cast<std::uint64_t>(sum);
    for (std::size_t i = 1; i < 4; ++i) {
        sum = (sum >> 64) + limbs_[i];
        limbs_[i] = static_cast<std::uint64_t>(sum);
    }
}

Field Field::from_bytes(std::span<const std::uint8_t, 32> bytes) {
    Field out;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        out.limbs_[3 - i / 8] = out.limbs_[3 - i / 8] << 8 | bytes[i];
    out.reduce_once(false);
    return out;
}

std::array<std::uint8_t, 32> Field::bytes() const {
    std::array<std::uint8_t, 32> out;
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = static_cast<std::uint8_t>(limbs_[3 - i / 8] >> (56 - 8 * (i % 8)));
    return out;
}

Field operator+(const Field& a, const Field& b) {
    Field out;
    Uint128 sum = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        sum = (sum >> 64) + a.limbs_[i] + b.limbs_[i];
        out.limbs_[i] = static_cast<std::uint64_t>(sum);
    }
    out.reduce_once((sum >> 64) != 0);
    return out;
}

Field operator-(const Field& a, const Field& b) {
    Field out;
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const Uint128 difference = static_cast<Uint128>(a.limbs_[i]) - b.limbs_[i] - borrow;
        out.limbs_[i] = static_cast<std::uint64_t>(difference);
        borrow = static_cast<std::uint64_t>(difference >> 64) & 1;
    }
    // Below zero: plus p, that is minus `excess` modulo 2^256.
    borrow *= excess;
    for (std::size_t i = 0; borrow != 0 && i < 4; ++i) {
        const auto before = out.limbs_[i];
        out.limbs_[i] -= borrow;
        borrow = before < borrow ? 1 : 0;
    }
    return out;
}

Field operator*(const Field& a, const Field& b) {
    std::array<std::uint64_t, 8> product{};
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
        std::uint64_t carry = 0;
#pragma GCC unroll 4
        for (std::size_t j = 0; j < 4; ++j) {
            const Uint128 sum = static_cast<Uint128>(a.limbs_[i]) * b.limbs_[j] + product[i + j] + carry;
            product[i + j] = static_cast<std::uint64_t>(sum);
            carry = static_cast<std::uint64_t>(sum >> 64);
        }
        product[i + 4] = carry;
    }
    // high * 2^256 = high * excess; twice, as the first time leaves up to 34 bits above 2^256.
    Field out;
    Uint128 sum = 0;
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
        sum = (sum >> 64) + static_cast<Uint128>(product[i + 4]) * excess + product[i];
        out.limbs_[i] = static_cast<std::uint64_t>(sum);
    }
    sum = static_cast<Uint128>(static_cast<std::uint64_t>(sum >> 64)) * excess + out.limbs_[0];
    out.limbs_[0] = static_cast<std::uint64_t>(sum);
#pragma GCC unroll 3
    for (std::size_t i = 1; i < 4; ++i) {
        sum = (sum >> 64) + out.limbs_[i];
        out.limbs_[i] = static_cast<std::uint64_t>(sum);
    }
    out.reduce_once((sum >> 64) != 0);
    return out;
}

Field Field::half() const {
    // Odd: p is added first, that is `excess` subtracted, with a borrow below and 2^256 above.
    Field out = *this;
    std::uint64_t top = 0;
    if ((limbs_[0] & 1) != 0) {
        std::uint64_t borrow = excess;
        for (std::size_t i = 0; borrow != 0 && i < 4; ++i) {
            const auto before = out.limbs_[i];
            out.limbs_[i] -= borrow;
            borrow = before < borrow ? 1 : 0;
        }
        top = borrow == 0 ? 1 : 0;
    }
    for (std::size_t i = 0; i < 3; ++i) out.limbs_[i] = out.limbs_[i] >> 1 | out.limbs_[i + 1] << 63;
    out.limbs_[3] = out.limbs_[3] >> 1 | top << 63;
    return out;
}

Field Field::squared(int times) const {
    Field out = *this;
    for (int i = 0; i < times; ++i) out = out.square();
    return out;
}

// Powers to 2^n - 1, and what all exponents here begin with: in binary p - 2 and (p - 3)/4 are 223 ones, a
// zero, 22 ones and a few digits more.
struct Field::Powers {
    Field ones2;
    Field head;  // 246 digits
};

Field::Powers Field::powers() const {
    const auto ones2 = squared(1) * *this;
    const auto ones3 = ones2.squared(1) * *this;
    const auto ones6 = ones3.squared(3) * ones3;
    const auto ones9 = ones6.squared(3) * ones3;
    const auto ones11 = ones9.squared(2) * ones2;
    const auto ones22 = ones11.squared(11) * ones11;
    const auto ones44 = ones22.squared(22) * ones22;
    const auto ones88 = ones44.squared(44) * ones44;
    const auto ones176 = ones88.squared(88) * ones88;
    const auto ones220 = ones176.squared(44) * ones44;
    const auto ones223 = ones220.squared(3) * ones3;
    return {ones2, ones223.squared(23) * ones22};
}

Field Field::inverse() const {
    const auto [ones2, head] = powers();
    // p - 2 ends in 0000101101.
    return ((head.squared(5) * *this).squared(3) * ones2).squared(2) * *this;
}

// a/b to the power (p + 1)/4 is a b (a b^3)^((p - 3)/4): by Fermat, as (3p - 5)/4 = p - 1 - (p + 1)/4.
std::optional<Field> Field::root_of_ratio(const Field& numerator, const Field& denominator) {
    const auto product = numerator * denominator;
    const auto base = product * denominator.square();
    const auto [ones2, head] = base.powers();
    // (p - 3)/4 ends in 00001011.
    const auto root = product * ((head.squared(5) * base).squared(3) * ones2);
    if (root.square() * denominator != numerator) return std::nullopt;
    return root;
}

}  // namespace stratum::v2

#include "stratum/target.h"

#include <bit>
#include <charconv>
#include <cmath>

namespace stratum {
namespace {

// T1 = 0xFFFF * 2^208: the target of difficulty 1.
Uint256 difficulty_one_target() { return Uint256{0xffff} << 208; }

// The whole part of a number from zero up and below 2^256.
Uint256 whole_part(double value) {
    if (value < 0x1p64) return Uint256{static_cast<std::uint64_t>(value)};
    int exponent = 0;
    const double fraction = std::frexp(value, &exponent);  // value = fraction * 2^exponent
    return Uint256{static_cast<std::uint64_t>(std::ldexp(fraction, 64))} << (exponent - 64);
}

}  // namespace

std::optional<Difficulty> Difficulty::whole(std::uint64_t value) {
    if (value == 0) return std::nullopt;
    Difficulty out;
    out.whole_ = value;
    return out;
}

std::optional<Difficulty> Difficulty::fraction(int bits) {
    if (bits < 1 || bits > fraction_bits_max) return std::nullopt;
    Difficulty out;
    out.fraction_bits_ = bits;
    return out;
}

std::optional<Difficulty> Difficulty::at_most(double value) {
    if (!std::isfinite(value) || value <= 0) return std::nullopt;
    if (value >= 1)
        return whole(value >= 0x1p63 ? std::uint64_t{1} << 63 : static_cast<std::uint64_t>(value));
    int exponent = 0;
    std::frexp(value, &exponent);  // value = m * 2^exponent, 0.5 <= m < 1: 2^(exponent-1) <= value
    return fraction(std::min(1 - exponent, fraction_bits_max));
}

std::optional<Difficulty> Difficulty::parse(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return at_most(value);
}

std::optional<Difficulty> Difficulty::least_within(const Uint256& target) {
    for (int bits = fraction_bits_max; bits > 0; --bits)
        if (const auto easy = fraction(bits); easy->target() <= target) return easy;
    for (int bits = 0; bits < 64; ++bits)
        if (const auto hard = whole(std::uint64_t{1} << bits); hard->target() <= target) return hard;
    return std::nullopt;
}

Difficulty Difficulty::power_of_two() const {
    Difficulty out = *this;
    out.whole_ = std::bit_floor(whole_);
    return out;
}

Uint256 Difficulty::target() const {
    if (fraction_bits_ > 0) return difficulty_one_target() << fraction_bits_;
    return difficulty_one_target() / Uint256{whole_};
}

double Difficulty::approximate() const { return std::ldexp(static_cast<double>(whole_), -fraction_bits_); }

std::string Difficulty::text() const {
    if (fraction_bits_ == 0) return std::to_string(whole_);
    // 2^-bits has exactly `bits` decimals: 5^bits / 10^bits.
    std::string digits = [this] {
        Uint256 power{1};
        for (int i = 0; i < fraction_bits_; ++i) power = power + (power << 2);
        return power.decimal();
    }();
    digits.insert(0, static_cast<std::size_t>(fraction_bits_) - digits.size(), '0');
    return "0." + digits;
}

std::optional<Uint256> target_of_nbits(std::uint32_t nbits) {
    const int exponent = static_cast<int>(nbits >> 24);
    const std::uint32_t mantissa = nbits & 0x007fffff;
    if ((nbits & 0x00800000) != 0 || mantissa == 0) return std::nullopt;
    if (exponent <= 3) {
        const auto value = mantissa >> (8 * (3 - exponent));
        if (value == 0) return std::nullopt;
        return Uint256{value};
    }
    const int shift = 8 * (exponent - 3);
    const Uint256 target = Uint256{mantissa} << shift;
    if (shift >= 256 || (target >> shift) != Uint256{mantissa}) return std::nullopt;
    return target;
}

std::uint32_t nbits_of_target(const Uint256& target) {
    int size = (target.bit_width() + 7) / 8;
    std::uint32_t mantissa = size <= 3 ? static_cast<std::uint32_t>(target.limb(0) << (8 * (3 - size)))
                                       : static_cast<std::uint32_t>((target >> (8 * (size - 3))).limb(0));
    if ((mantissa & 0x00800000) != 0) {
        mantissa >>= 8;
        ++size;
    }
    return static_cast<std::uint32_t>(size) << 24 | mantissa;
}

Uint256 work_of_target(const Uint256& target) {
    if (target == Uint256::max()) return Uint256{1};
    if (target.is_zero()) return Uint256::max();  // 2^256 does not fit
    // floor(2^256 / (t+1)) = floor((2^256 - (t+1)) / (t+1)) + 1, and 2^256 - (t+1) = ~t.
    return ~target / (target + Uint256{1}) + Uint256{1};
}

std::optional<Uint256> target_from_hashrate(const ExpectedRate& rate) {
    if (!std::isfinite(rate.hashes_per_second) || rate.hashes_per_second < 0) return std::nullopt;
    if (!std::isfinite(rate.shares_per_minute) || rate.shares_per_minute <= 0) return std::nullopt;
    const double hashes = rate.hashes_per_second * (60.0 / rate.shares_per_minute);
    if (!(hashes < 0x1p255)) return std::nullopt;  // the target would be zero; so is no number
    const Uint256 x = whole_part(hashes);
    if (x.is_zero()) return Uint256::max();
    return (Uint256{} - x) / (x + Uint256{1});  // Uint256{} - x wraps: 2^256 - x
}

double difficulty_of_target(const Uint256& target) {
    return difficulty_one_target().approximate() / (target.is_zero() ? 1.0 : target.approximate());
}

}  // namespace stratum

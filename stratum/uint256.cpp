#include "stratum/uint256.h"

#include <algorithm>
#include <bit>

namespace stratum {

__extension__ using Uint128 = unsigned __int128;

Uint256 Uint256::from_hash(const Hash256& hash) {
    const auto* p = hash.bytes.data();
    return {load_le64(p), load_le64(p + 8), load_le64(p + 16), load_le64(p + 24)};
}

std::optional<Uint256> Uint256::parse_hex(std::string_view text) {
    if (text.empty() || text.size() > 64) return std::nullopt;
    std::string padded(64 - text.size(), '0');
    padded += text;
    Hash256 raw;
    if (!decode_hex(padded, raw.bytes)) return std::nullopt;
    std::reverse(raw.bytes.begin(), raw.bytes.end());
    return from_hash(raw);
}

int Uint256::bit_width() const {
    for (std::size_t i = 4; i-- > 0;)
        if (limbs_[i] != 0) return static_cast<int>(i) * 64 + static_cast<int>(std::bit_width(limbs_[i]));
    return 0;
}

std::array<std::uint8_t, 32> Uint256::little_endian() const {
    std::array<std::uint8_t, 32> out;
    for (std::size_t i = 0; i < 4; ++i) store_le64(out.data() + 8 * i, limbs_[i]);
    return out;
}

std::string Uint256::hex() const {
    auto raw = little_endian();
    std::reverse(raw.begin(), raw.end());
    return to_hex(raw);
}

std::string Uint256::decimal() const {
    constexpr std::uint64_t chunk = 10'000'000'000'000'000'000ULL;  // 10^19, the largest in 64 bits
    auto rest = limbs_;
    std::string out;
    do {
        Uint128 remainder = 0;
        for (std::size_t i = 4; i-- > 0;) {
            const Uint128 value = remainder << 64 | rest[i];
            rest[i] = static_cast<std::uint64_t>(value / chunk);
            remainder = value % chunk;
        }
        auto digits = std::to_string(static_cast<std::uint64_t>(remainder));
        const bool more = std::any_of(rest.begin(), rest.end(), [](std::uint64_t limb) { return limb != 0; });
        if (more) digits.insert(0, 19 - digits.size(), '0');
        out.insert(0, digits);
        if (!more) return out;
    } while (true);
}

double Uint256::approximate() const {
    double value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value * 18446744073709551616.0 + static_cast<double>(limbs_[i]);
    return value;
}

Uint256 operator+(const Uint256& a, const Uint256& b) {
    Uint256 out;
    Uint128 carry = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        carry += static_cast<Uint128>(a.limbs_[i]) + b.limbs_[i];
        out.limbs_[i] = static_cast<std::uint64_t>(carry);
        carry >>= 64;
    }
    return out;
}

Uint256 operator~(const Uint256& a) { return {~a.limbs_[0], ~a.limbs_[1], ~a.limbs_[2], ~a.limbs_[3]}; }

Uint256 operator-(const Uint256& a, const Uint256& b) { return a + ~b + Uint256{1}; }

Uint256 operator<<(const Uint256& a, int bits) {
    Uint256 out;
    if (bits >= 256) return out;
    const auto words = static_cast<std::size_t>(bits / 64);
    const int shift = bits % 64;
    for (std::size_t i = words; i < 4; ++i) {
        out.limbs_[i] = a.limbs_[i - words] << shift;
        if (shift != 0 && i > words) out.limbs_[i] |= a.limbs_[i - words - 1] >> (64 - shift);
    }
    return out;
}

Uint256 operator>>(const Uint256& a, int bits) {
    Uint256 out;
    if (bits >= 256) return out;
    const auto words = static_cast<std::size_t>(bits / 64);
    const int shift = bits % 64;
    for (std::size_t i = 0; i + words < 4; ++i) {
        out.limbs_[i] = a.limbs_[i + words] >> shift;
        if (shift != 0 && i + words + 1 < 4) out.limbs_[i] |= a.limbs_[i + words + 1] << (64 - shift);
    }
    return out;
}

Uint256 operator/(const Uint256& a, const Uint256& b) {
    STRATUM_ENSURE(!b.is_zero());
    Uint256 quotient;
    Uint256 rest = a;
    for (int shift = a.bit_width() - b.bit_width(); shift >= 0; --shift) {
        const Uint256 part = b << shift;
        if (part <= rest) {
            rest = rest - part;
            quotient = quotient + (Uint256{1} << shift);
        }
    }
    return quotient;
}

}  // namespace stratum

#pragma once
// Targets, difficulty and work: the one place they are defined. Pure; any thread.
// A hash meets a target when hash <= target as 256-bit integers.
// work(target) = floor(2^256 / (target + 1)), the expected number of hashes; exact for every algorithm.
// Difficulty is how people read a target: difficulty 1 is T1 = 0x00000000FFFF0000…00 (Stratum V1 practice).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stratum/bytes.h"
#include "stratum/uint256.h"

namespace stratum {

// A share difficulty a V1 client can be told: a whole number from 1 up, or 2^-k with k from 1 to 32 (test
// chains).
class Difficulty {
  public:
    static constexpr int fraction_bits_max = 32;
    constexpr Difficulty() = default;                                           // difficulty 1
    [[nodiscard]] static std::optional<Difficulty> whole(std::uint64_t value);  // nullopt for 0
    [[nodiscard]] static std::optional<Difficulty> fraction(int bits);          // 2^-bits, 1 <= bits <= 32
    // The largest representable difficulty not above `value`; values below 2^-32 give 2^-32. nullopt unless
    // finite and positive.
    [[nodiscard]] static std::optional<Difficulty> at_most(double value);
    // Reads decimal text as miners write it ("1024", "0.5", "1e3"); rounded down as at_most does.
    [[nodiscard]] static std::optional<Difficulty> parse(std::string_view text);
    // The smallest power of two whose target is not easier than `target`; nullopt when none is so hard.
    [[nodiscard]] static std::optional<Difficulty> least_within(const Uint256& target);
    // The largest power of two not above this difficulty.
    [[nodiscard]] Difficulty power_of_two() const;
    [[nodiscard]] Uint256 target() const;  // floor(T1 / whole), or T1 << bits
    [[nodiscard]] double approximate() const;
    // Decimal text for mining.set_difficulty: never an exponent, at most as many digits as needed.
    [[nodiscard]] std::string text() const;
    friend bool operator==(const Difficulty&, const Difficulty&) = default;
    friend std::strong_ordering operator<=>(const Difficulty& a, const Difficulty& b) {
        if (a.fraction_bits_ != b.fraction_bits_) return b.fraction_bits_ <=> a.fraction_bits_;
        return a.whole_ <=> b.whole_;
    }

  private:
    std::uint64_t whole_ = 1;  // 1 when fraction_bits_ > 0
    int fraction_bits_ = 0;
};

// The target that header field nbits stands for; nullopt when negative, zero or above 256 bits.
[[nodiscard]] std::optional<Uint256> target_of_nbits(std::uint32_t nbits);
// The compact form of a target, rounded down as consensus does.
std::uint32_t nbits_of_target(const Uint256& target);
// Expected hashes to meet a target; 1 <= work <= 2^256 - 1. The target 2^256-1 has work 1.
Uint256 work_of_target(const Uint256& target);
// How people read a target: T1 / target. Display only.
double difficulty_of_target(const Uint256& target);

// How fast a V2 channel says it is, and how often it should send.
struct ExpectedRate {
    double hashes_per_second = 0;
    double shares_per_minute = 0;
};
// The target that meets the rate: with x = hashes per share, (2^256 - x) / (x + 1), as the V2 reference code
// computes it; 2^256-1 when x is below 1. nullopt unless the rates are finite, the first from zero up and the
// second positive, or when no target is so hard. An estimate to start with, never credit.
[[nodiscard]] std::optional<Uint256> target_from_hashrate(const ExpectedRate& rate);

inline bool meets(const Hash256& hash, const Uint256& target) { return Uint256::from_hash(hash) <= target; }

}  // namespace stratum

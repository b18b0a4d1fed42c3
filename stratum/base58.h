#pragma once
// Base58Check: the text form of old addresses and of Stratum V2's authority keys. Pure; any thread.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "stratum/bytes.h"

namespace stratum {

inline constexpr std::size_t base58check_letters_max = 128;  // decoding costs the square of the length

struct Base58Check {
    Bytes payload;  // without the checksum
    bool checksum_ok = false;
};
// nullopt: another letter, shorter than a checksum, or longer than base58check_letters_max.
[[nodiscard]] std::optional<Base58Check> decode_base58check(std::string_view text);
std::string encode_base58check(ByteView payload);

}  // namespace stratum

#include "stratum/base58.h"

#include <algorithm>
#include <array>
#include <utility>

#include "stratum/sha256.h"

namespace stratum {
namespace {

constexpr std::string_view base58_letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::size_t checksum_bytes = 4;

std::optional<Bytes> decode_base58(std::string_view text) {
    Bytes out;  // base 256, least significant first
    for (const char letter : text) {
        const auto digit = base58_letters.find(letter);
        if (digit == std::string_view::npos) return std::nullopt;
        auto carry = static_cast<std::uint32_t>(digit);
        for (auto& byte : out) {
            carry += std::uint32_t{58} * byte;
            byte = static_cast<std::uint8_t>(carry);
            carry >>= 8;
        }
        if (carry != 0) out.push_back(static_cast<std::uint8_t>(carry));
    }
    for (const char letter : text) {
        if (letter != '1') break;
        out.push_back(0);
    }
    std::reverse(out.begin(), out.end());
    return out;
}

std::string encode_base58(ByteView data) {
    Bytes digits;  // base 58, least significant first
    for (const auto byte : data) {
        std::uint32_t carry = byte;
        for (auto& digit : digits) {
            carry += std::uint32_t{digit} << 8;
            digit = static_cast<std::uint8_t>(carry % 58);
            carry /= 58;
        }
        for (; carry != 0; carry /= 58) digits.push_back(static_cast<std::uint8_t>(carry % 58));
    }
    std::string out;
    for (const auto byte : data) {
        if (byte != 0) break;
        out.push_back('1');
    }
    std::for_each(digits.rbegin(), digits.rend(), [&](auto digit) { out.push_back(base58_letters[digit]); });
    return out;
}

std::array<std::uint8_t, checksum_bytes> checksum_of(ByteView payload) {
    const auto hash = sha256d(payload);
    return {hash.bytes[0], hash.bytes[1], hash.bytes[2], hash.bytes[3]};
}

}  // namespace

std::optional<Base58Check> decode_base58check(std::string_view text) {
    if (text.size() > base58check_letters_max) return std::nullopt;
    auto raw = decode_base58(text);
    if (!raw || raw->size() < checksum_bytes) return std::nullopt;
    const auto payload = ByteView{*raw}.first(raw->size() - checksum_bytes);
    const auto checksum = checksum_of(payload);
    const bool ok = std::equal(checksum.begin(), checksum.end(), payload.end());
    raw->resize(payload.size());
    return Base58Check{std::move(*raw), ok};
}

std::string encode_base58check(ByteView payload) {
    Bytes data(payload.begin(), payload.end());
    const auto checksum = checksum_of(payload);
    data.insert(data.end(), checksum.begin(), checksum.end());
    return encode_base58(data);
}

}  // namespace stratum

#include "fleet/proof/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

namespace fleet::proof {

namespace {

constexpr std::string_view letters = "0123456789abcdef";

}  // namespace

Hash sha256(std::string_view bytes) {
    Hash out{};
    unsigned size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("proof: SHA-256 is not available");
    return out;
}

std::string hex_of(std::string_view bytes) {
    std::string out;
    out.reserve(2 * bytes.size());
    for (const char byte : bytes) {
        out += letters[static_cast<unsigned char>(byte) >> 4U];
        out += letters[static_cast<unsigned char>(byte) & 15U];
    }
    return out;
}

std::string hex_of(const Hash& hash) { return hex_of(view_of(hash)); }

std::optional<std::string> bytes_of_hex(std::string_view hex) {
    if (hex.size() % 2 != 0) return std::nullopt;
    std::string out;
    out.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        const auto high = letters.find(hex[i]);
        const auto low = letters.find(hex[i + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
    }
    return out;
}

std::optional<Hash> hash_of_hex(std::string_view hex) {
    if (hex.size() != 64) return std::nullopt;
    const auto bytes = bytes_of_hex(hex);
    if (!bytes) return std::nullopt;
    Hash out{};
    std::copy(bytes->begin(), bytes->end(), reinterpret_cast<char*>(out.data()));
    return out;
}

}  // namespace fleet::proof

#pragma once
// SHA-256 and its letters, for everything that proves. Pure; any thread.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fleet::proof {

using Hash = std::array<std::uint8_t, 32>;

[[nodiscard]] Hash sha256(std::string_view bytes);

// Two lower-case letters a byte.
[[nodiscard]] std::string hex_of(std::string_view bytes);
[[nodiscard]] std::string hex_of(const Hash& hash);
// Lower-case letters only: one value has one spelling.
[[nodiscard]] std::optional<std::string> bytes_of_hex(std::string_view hex);
[[nodiscard]] std::optional<Hash> hash_of_hex(std::string_view hex);

inline std::string_view view_of(const Hash& hash) {
    return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

}  // namespace fleet::proof

#pragma once
// ChaCha20-Poly1305 of RFC 8439 as Noise numbers its records. Pure; any thread: each thread keeps one OpenSSL
// context, so that a session owns its key and counter only.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "stratum/bytes.h"

namespace stratum::v2 {

inline constexpr std::size_t aead_tag_bytes = 16;

// One record: the nonce is four zero bytes and `counter`, little-endian. A key never sees a counter twice.
struct AeadRecord {
    const std::array<std::uint8_t, 32>& key;
    std::uint64_t counter = 0;
    ByteView associated{};
};

// out.size() is plain.size() + aead_tag_bytes. `out` may begin where `plain` begins, else they are apart.
void seal(const AeadRecord& record, ByteView plain, std::span<std::uint8_t> out);
// out.size() is sealed.size() - aead_tag_bytes; it may begin where `sealed` begins, else they are apart.
// False when the tag is wrong; then `out` is zero.
[[nodiscard]] bool open(const AeadRecord& record, ByteView sealed, std::span<std::uint8_t> out);

}  // namespace stratum::v2

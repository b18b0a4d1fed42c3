#include <array>
#include <cstring>

#include "server/pool/journal_codec.h"

namespace server::pool {
namespace {

constexpr std::uint32_t polynomial_reversed = 0x82f63b78;

constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) value = value & 1 ? value >> 1 ^ polynomial_reversed : value >> 1;
        table[i] = value;
    }
    return table;
}
constexpr auto table = make_table();

#if defined(__x86_64__)
// 188 bytes take 24 dependent instructions of 3 cycles: about 25 ns.
__attribute__((target("sse4.2"))) std::uint32_t crc32c_instruction(stratum::ByteView bytes) {
    std::uint64_t crc = 0xffffffff;
    const std::uint8_t* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; left -= 8, at += 8) {
        std::uint64_t chunk = 0;
        std::memcpy(&chunk, at, 8);
        crc = __builtin_ia32_crc32di(crc, chunk);
    }
    auto narrow = static_cast<std::uint32_t>(crc);
    for (; left > 0; --left, ++at) narrow = __builtin_ia32_crc32qi(narrow, *at);
    return ~narrow;
}
const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
#endif

}  // namespace

std::uint32_t crc32c_portable(stratum::ByteView bytes) {
    std::uint32_t crc = 0xffffffff;
    for (const auto byte : bytes) crc = table[(crc ^ byte) & 0xff] ^ crc >> 8;
    return ~crc;
}

std::uint32_t crc32c(stratum::ByteView bytes) {
#if defined(__x86_64__)
    if (has_instruction) return crc32c_instruction(bytes);
#endif
    return crc32c_portable(bytes);
}

}  // namespace server::pool

#include "stratum/bytes.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace stratum {
namespace {

constexpr std::array<std::int8_t, 256> make_hex_values() {
    std::array<std::int8_t, 256> values{};
    for (auto& value : values) value = -1;
    for (int i = 0; i < 10; ++i) values[static_cast<std::size_t>('0' + i)] = static_cast<std::int8_t>(i);
    for (int i = 0; i < 6; ++i) {
        values[static_cast<std::size_t>('a' + i)] = static_cast<std::int8_t>(10 + i);
        values[static_cast<std::size_t>('A' + i)] = static_cast<std::int8_t>(10 + i);
    }
    return values;
}
constexpr auto hex_values = make_hex_values();
constexpr char hex_letters[] = "0123456789abcdef";

int hex_value(char letter) { return hex_values[static_cast<unsigned char>(letter)]; }

}  // namespace

void ensure_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "bug: %s is false at %s:%d\n", condition, file, line);
    std::abort();
}

void append_hex(std::string& out, ByteView bytes) {
    for (const auto byte : bytes) {
        out.push_back(hex_letters[byte >> 4]);
        out.push_back(hex_letters[byte & 15]);
    }
}

std::string to_hex(ByteView bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    append_hex(out, bytes);
    return out;
}

void append_hex_u32(std::string& out, std::uint32_t value) {
    for (int shift = 28; shift >= 0; shift -= 4) out.push_back(hex_letters[(value >> shift) & 15]);
}

bool decode_hex(std::string_view text, std::span<std::uint8_t> out) {
    if (text.size() != out.size() * 2) return false;
    int bad = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const int high = hex_value(text[2 * i]);
        const int low = hex_value(text[2 * i + 1]);
        bad |= high | low;
        out[i] = static_cast<std::uint8_t>((high << 4) | (low & 15));
    }
    return bad >= 0;
}

std::optional<Bytes> parse_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    Bytes out(text.size() / 2);
    if (!decode_hex(text, out)) return std::nullopt;
    return out;
}

std::optional<std::uint32_t> parse_hex_u32(std::string_view text) {
    if (text.empty() || text.size() > 8) return std::nullopt;
    std::uint32_t value = 0;
    for (const char letter : text) {
        const int digit = hex_value(letter);
        if (digit < 0) return std::nullopt;
        value = value << 4 | static_cast<std::uint32_t>(digit);
    }
    return value;
}

std::string displayed(const Hash256& hash) {
    auto reversed = hash.bytes;
    std::reverse(reversed.begin(), reversed.end());
    return to_hex(reversed);
}

std::optional<Hash256> parse_displayed(std::string_view text) {
    Hash256 hash;
    if (!decode_hex(text, hash.bytes)) return std::nullopt;
    std::reverse(hash.bytes.begin(), hash.bytes.end());
    return hash;
}

void ByteWriter::le16(std::uint16_t value) {
    out_.push_back(static_cast<std::uint8_t>(value));
    out_.push_back(static_cast<std::uint8_t>(value >> 8));
}

void ByteWriter::le32(std::uint32_t value) {
    std::array<std::uint8_t, 4> raw;
    store_le32(raw.data(), value);
    bytes(raw);
}

void ByteWriter::le64(std::uint64_t value) {
    std::array<std::uint8_t, 8> raw;
    store_le64(raw.data(), value);
    bytes(raw);
}

void ByteWriter::compact_size(std::uint64_t value) {
    if (value < 0xfd) {
        u8(static_cast<std::uint8_t>(value));
    } else if (value <= 0xffff) {
        u8(0xfd);
        le16(static_cast<std::uint16_t>(value));
    } else if (value <= 0xffffffff) {
        u8(0xfe);
        le32(static_cast<std::uint32_t>(value));
    } else {
        u8(0xff);
        le64(value);
    }
}

ByteView ByteReader::bytes(std::size_t count) {
    if (!ok_ || count > in_.size()) {
        ok_ = false;
        return {};
    }
    const auto taken = in_.first(count);
    in_ = in_.subspan(count);
    return taken;
}

std::uint8_t ByteReader::u8() {
    const auto raw = bytes(1);
    return ok_ ? raw[0] : std::uint8_t{0};
}

std::uint16_t ByteReader::le16() {
    const auto raw = bytes(2);
    return ok_ ? static_cast<std::uint16_t>(raw[0] | raw[1] << 8) : std::uint16_t{0};
}

std::uint32_t ByteReader::le32() {
    const auto raw = bytes(4);
    return ok_ ? load_le32(raw.data()) : 0;
}

std::uint64_t ByteReader::le64() {
    const auto raw = bytes(8);
    return ok_ ? load_le64(raw.data()) : 0;
}

std::uint64_t ByteReader::compact_size() {
    const std::uint8_t first = u8();
    if (first < 0xfd) return first;
    const std::uint64_t value = first == 0xfd ? le16() : first == 0xfe ? le32() : le64();
    const std::uint64_t least = first == 0xfd ? 0xfd : first == 0xfe ? 0x10000 : 0x100000000;
    if (ok_ && value < least) ok_ = false;
    return ok_ ? value : 0;
}

}  // namespace stratum

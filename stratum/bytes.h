#pragma once
// Bytes, hexadecimal and little-endian integers: the alphabet of every protocol here.
// Pure; any thread.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stratum {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// A programming error ends the process; it is never used on input. On in every build.
[[noreturn]] void ensure_failed(const char* condition, const char* file, int line);
#define STRATUM_ENSURE(condition) \
    ((condition) ? static_cast<void>(0) : ::stratum::ensure_failed(#condition, __FILE__, __LINE__))

// A 32-byte hash in internal order: the order SHA-256 gives it and headers carry it.
struct Hash256 {
    std::array<std::uint8_t, 32> bytes{};
    auto operator<=>(const Hash256&) const = default;
};

// Lower-case hex, two letters a byte.
std::string to_hex(ByteView bytes);
void append_hex(std::string& out, ByteView bytes);
// Eight lower-case hex letters of a big-endian number, as V1 writes version, nbits and ntime.
void append_hex_u32(std::string& out, std::uint32_t value);

// Decodes exactly out.size() bytes. False for another length or any letter outside [0-9a-fA-F].
[[nodiscard]] bool decode_hex(std::string_view text, std::span<std::uint8_t> out);
// Decodes text of any even length; nullopt when it is not hex.
[[nodiscard]] std::optional<Bytes> parse_hex(std::string_view text);
// Decodes 1 to 8 letters as a big-endian number (V1 ntime, nonce, version bits).
[[nodiscard]] std::optional<std::uint32_t> parse_hex_u32(std::string_view text);

// The displayed form of a block or transaction hash: hex of the reversed bytes.
std::string displayed(const Hash256& hash);
[[nodiscard]] std::optional<Hash256> parse_displayed(std::string_view text);

inline ByteView view_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::uint32_t load_le32(const std::uint8_t* p) {
    return static_cast<std::uint32_t>(p[0]) | static_cast<std::uint32_t>(p[1]) << 8 |
           static_cast<std::uint32_t>(p[2]) << 16 | static_cast<std::uint32_t>(p[3]) << 24;
}
inline std::uint64_t load_le64(const std::uint8_t* p) {
    return static_cast<std::uint64_t>(load_le32(p)) | static_cast<std::uint64_t>(load_le32(p + 4)) << 32;
}
inline void store_le32(std::uint8_t* p, std::uint32_t value) {
    p[0] = static_cast<std::uint8_t>(value);
    p[1] = static_cast<std::uint8_t>(value >> 8);
    p[2] = static_cast<std::uint8_t>(value >> 16);
    p[3] = static_cast<std::uint8_t>(value >> 24);
}
inline void store_le64(std::uint8_t* p, std::uint64_t value) {
    store_le32(p, static_cast<std::uint32_t>(value));
    store_le32(p + 4, static_cast<std::uint32_t>(value >> 32));
}

// Appends to a byte vector in Bitcoin's serialisation.
class ByteWriter {
  public:
    explicit ByteWriter(Bytes& out) : out_(out) {}
    void u8(std::uint8_t value) { out_.push_back(value); }
    void le16(std::uint16_t value);
    void le32(std::uint32_t value);
    void le64(std::uint64_t value);
    void compact_size(std::uint64_t value);  // Bitcoin's variable-length integer
    void bytes(ByteView value) { out_.insert(out_.end(), value.begin(), value.end()); }

  private:
    Bytes& out_;
};

// Reads bytes front to back; after the first short read ok() is false and every value is zero.
class ByteReader {
  public:
    explicit ByteReader(ByteView in) : in_(in) {}
    std::uint8_t u8();
    std::uint16_t le16();
    std::uint32_t le32();
    std::uint64_t le64();
    std::uint64_t compact_size();  // refuses non-minimal forms
    ByteView bytes(std::size_t count);
    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::size_t left() const { return in_.size(); }

  private:
    ByteView in_;
    bool ok_ = true;
};

}  // namespace stratum

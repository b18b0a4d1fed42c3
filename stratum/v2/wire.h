#pragma once
// The data types of Stratum V2 (specification chapter 3.1) read from a payload and written to one. The two
// classes have the same member functions, named as the types, so a message lists its fields once for both
// directions (message.h). Pure; any thread. Every byte that is read is untrusted.
// U256 comes in two meanings of the same 32 bytes: a Hash256 in internal order, a Uint256 little-endian.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stratum/bytes.h"
#include "stratum/uint256.h"

namespace stratum::v2 {

enum class WireError : std::uint8_t {
    too_short,  // a field reaches beyond the payload
    b0_32_too_long,
    bad_option,  // a count of OPTION above 1
    bad_number,  // F32 that is no finite number from zero up
};
std::string_view explain(WireError error);

// Reads fields front to back. Views and hashes point into the payload, which outlives them. After the first
// error nothing is read any more: the fields before it are filled, it and the later ones keep what they had.
class Reader {
  public:
    explicit Reader(ByteView payload) : left_(payload) {}
    [[nodiscard]] std::optional<WireError> error() const { return error_; }
    [[nodiscard]] ByteView left() const { return left_; }

    void u8(std::uint8_t& out);
    void u16(std::uint16_t& out);
    void u24(std::uint32_t& out);
    void u32(std::uint32_t& out);
    void u64(std::uint64_t& out);
    void f32(float& out);        // any bits
    void hash_rate(float& out);  // F32 of hashes per second: NaN, infinite and negative ones are refused
    void boolean(bool& out);     // BOOL: only bit 0 counts
    void u256(Hash256& out);
    void u256(Uint256& out);
    void str0_255(std::string_view& out);
    void b0_255(ByteView& out);
    void b0_32(ByteView& out);
    void b0_64k(ByteView& out);
    void b0_16m(ByteView& out);
    void seq0_255(std::span<const Hash256>& out);
    void seq0_64k(std::span<const Hash256>& out);
    // These allocate: no more than the payload has room for.
    void seq0_64k(std::vector<std::uint16_t>& out);
    void seq0_64k(std::vector<std::uint32_t>& out);
    void seq0_64k_b0_16m(std::vector<ByteView>& out);
    void option(std::optional<std::uint32_t>& out);
    void rest(ByteView& out);  // all that is left

  private:
    bool take(std::size_t count, ByteView& out);
    std::size_t number(std::size_t bytes);
    void sized(std::size_t length_bytes, ByteView& out);
    void hashes(std::size_t count_bytes, std::span<const Hash256>& out);
    void fail(WireError error);

    ByteView left_;
    std::optional<WireError> error_;
};

// Appends fields to a payload. A text, byte string or sequence longer than its type is a programming error.
class Writer {
  public:
    explicit Writer(std::string& out) : out_(out) {}

    void u8(std::uint8_t value);
    void u16(std::uint16_t value);
    void u24(std::uint32_t value);
    void u32(std::uint32_t value);
    void u64(std::uint64_t value);
    void f32(float value);
    void hash_rate(float value) { f32(value); }
    void boolean(bool value);
    void u256(const Hash256& value);
    void u256(const Uint256& value);
    void str0_255(std::string_view text);
    void b0_255(ByteView bytes);
    void b0_32(ByteView bytes);
    void b0_64k(ByteView bytes);
    void b0_16m(ByteView bytes);
    void seq0_255(std::span<const Hash256> items);
    void seq0_64k(std::span<const Hash256> items);
    void seq0_64k(const std::vector<std::uint16_t>& items);
    void seq0_64k(const std::vector<std::uint32_t>& items);
    void seq0_64k_b0_16m(const std::vector<ByteView>& items);
    void option(const std::optional<std::uint32_t>& value);
    void rest(ByteView bytes);

  private:
    void number(std::uint64_t value, std::size_t bytes);
    void sized(std::size_t length_bytes, std::size_t bytes_max, ByteView bytes);
    void count(std::size_t count_bytes, std::size_t items);

    std::string& out_;
};

}  // namespace stratum::v2

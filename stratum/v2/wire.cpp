#include "stratum/v2/wire.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace stratum::v2 {
namespace {

constexpr std::size_t b0_32_bytes_max = 32;
constexpr std::size_t transaction_bytes_min = 3;  // an empty B0_16M

// A sequence of U256 is seen where it lies: a Hash256 is nothing but its 32 bytes, wherever they begin.
static_assert(sizeof(Hash256) == 32 && alignof(Hash256) == 1);

ByteView bytes_of(std::span<const Hash256> hashes) {
    return {reinterpret_cast<const std::uint8_t*>(hashes.data()), hashes.size_bytes()};
}

}  // namespace

std::string_view explain(WireError error) {
    switch (error) {
        case WireError::too_short: return "a field reaches beyond the end of the message";
        case WireError::b0_32_too_long: return "a B0_32 field is longer than 32 bytes";
        case WireError::bad_option: return "an OPTION field counts more than one value";
        case WireError::bad_number: return "a hash rate is not a finite number from zero up";
    }
    return "";
}

void Reader::fail(WireError error) {
    if (!error_) error_ = error;
    left_ = {};
}

bool Reader::take(std::size_t count, ByteView& out) {
    if (error_ || count > left_.size()) {
        fail(WireError::too_short);
        return false;
    }
    out = left_.first(count);
    left_ = left_.subspan(count);
    return true;
}

// A length or count; zero after an error.
std::size_t Reader::number(std::size_t bytes) {
    ByteView raw;
    if (!take(bytes, raw)) return 0;
    std::size_t value = 0;
    for (std::size_t i = bytes; i-- > 0;) value = value << 8 | raw[i];
    return value;
}

void Reader::u8(std::uint8_t& out) {
    ByteView raw;
    if (take(1, raw)) out = raw[0];
}

void Reader::u16(std::uint16_t& out) {
    ByteView raw;
    if (take(2, raw)) out = static_cast<std::uint16_t>(raw[0] | raw[1] << 8);
}

void Reader::u24(std::uint32_t& out) {
    ByteView raw;
    if (take(3, raw)) out = static_cast<std::uint32_t>(raw[0] | raw[1] << 8 | raw[2] << 16);
}

void Reader::u32(std::uint32_t& out) {
    ByteView raw;
    if (take(4, raw)) out = load_le32(raw.data());
}

void Reader::u64(std::uint64_t& out) {
    ByteView raw;
    if (take(8, raw)) out = load_le64(raw.data());
}

void Reader::f32(float& out) {
    static_assert(sizeof(float) == 4);
    ByteView raw;
    if (take(4, raw)) out = std::bit_cast<float>(load_le32(raw.data()));
}

void Reader::hash_rate(float& out) {
    float value = 0;
    f32(value);
    if (error_) return;
    if (!std::isfinite(value) || value < 0) {
        fail(WireError::bad_number);
        return;
    }
    out = value + 0.0F;  // makes zero of minus zero
}

void Reader::boolean(bool& out) {
    ByteView raw;
    if (take(1, raw)) out = (raw[0] & 1) != 0;
}

void Reader::u256(Hash256& out) {
    ByteView raw;
    if (take(32, raw)) std::copy(raw.begin(), raw.end(), out.bytes.begin());
}

void Reader::u256(Uint256& out) {
    Hash256 raw;
    u256(raw);
    if (!error_) out = Uint256::from_hash(raw);
}

void Reader::sized(std::size_t length_bytes, ByteView& out) {
    const auto length = number(length_bytes);
    if (!error_) take(length, out);
}

void Reader::str0_255(std::string_view& out) {
    ByteView raw;
    sized(1, raw);
    if (!error_) out = {reinterpret_cast<const char*>(raw.data()), raw.size()};
}

void Reader::b0_255(ByteView& out) { sized(1, out); }
void Reader::b0_64k(ByteView& out) { sized(2, out); }
void Reader::b0_16m(ByteView& out) { sized(3, out); }

void Reader::b0_32(ByteView& out) {
    const auto length = number(1);
    if (length > b0_32_bytes_max) fail(WireError::b0_32_too_long);
    if (!error_) take(length, out);
}

void Reader::hashes(std::size_t count_bytes, std::span<const Hash256>& out) {
    const auto count = number(count_bytes);
    ByteView raw;
    if (error_ || !take(count * sizeof(Hash256), raw)) return;
    out = {reinterpret_cast<const Hash256*>(raw.data()), count};
}

void Reader::seq0_255(std::span<const Hash256>& out) { hashes(1, out); }
void Reader::seq0_64k(std::span<const Hash256>& out) { hashes(2, out); }

void Reader::seq0_64k(std::vector<std::uint16_t>& out) {
    const auto count = number(2);
    ByteView raw;
    if (error_ || !take(count * 2, raw)) return;
    Reader items(raw);
    out.resize(count);
    for (auto& item : out) items.u16(item);
}

void Reader::seq0_64k(std::vector<std::uint32_t>& out) {
    const auto count = number(2);
    ByteView raw;
    if (error_ || !take(count * 4, raw)) return;
    Reader items(raw);
    out.resize(count);
    for (auto& item : out) items.u32(item);
}

void Reader::seq0_64k_b0_16m(std::vector<ByteView>& out) {
    const auto count = number(2);
    if (count > left_.size() / transaction_bytes_min) fail(WireError::too_short);
    if (error_) return;
    out.clear();
    out.reserve(count);
    for (std::size_t i = 0; i < count && !error_; ++i) {
        ByteView item;
        b0_16m(item);
        if (!error_) out.push_back(item);
    }
}

void Reader::option(std::optional<std::uint32_t>& out) {
    const auto count = number(1);
    if (count > 1) fail(WireError::bad_option);
    if (error_) return;
    out.reset();
    if (count == 0) return;
    std::uint32_t value = 0;
    u32(value);
    if (!error_) out = value;
}

void Reader::rest(ByteView& out) {
    if (!error_) take(left_.size(), out);
}

// ---- writing ----

void Writer::number(std::uint64_t value, std::size_t bytes) {
    std::array<char, 8> raw;
    for (std::size_t i = 0; i < bytes; ++i) raw[i] = static_cast<char>(value >> (8 * i));
    out_.append(raw.data(), bytes);
}

void Writer::u8(std::uint8_t value) { number(value, 1); }
void Writer::u16(std::uint16_t value) { number(value, 2); }
void Writer::u32(std::uint32_t value) { number(value, 4); }
void Writer::u64(std::uint64_t value) { number(value, 8); }
void Writer::f32(float value) { number(std::bit_cast<std::uint32_t>(value), 4); }
void Writer::boolean(bool value) { number(value ? 1 : 0, 1); }

void Writer::u24(std::uint32_t value) {
    STRATUM_ENSURE(value <= 0xffffff);
    number(value, 3);
}

void Writer::rest(ByteView bytes) {
    if (!bytes.empty()) out_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void Writer::u256(const Hash256& value) { rest(value.bytes); }
void Writer::u256(const Uint256& value) { rest(value.little_endian()); }

void Writer::sized(std::size_t length_bytes, std::size_t bytes_max, ByteView bytes) {
    STRATUM_ENSURE(bytes.size() <= bytes_max);
    number(bytes.size(), length_bytes);
    rest(bytes);
}

void Writer::str0_255(std::string_view text) { sized(1, 255, view_of(text)); }
void Writer::b0_255(ByteView bytes) { sized(1, 255, bytes); }
void Writer::b0_32(ByteView bytes) { sized(1, b0_32_bytes_max, bytes); }
void Writer::b0_64k(ByteView bytes) { sized(2, 0xffff, bytes); }
void Writer::b0_16m(ByteView bytes) { sized(3, 0xffffff, bytes); }

void Writer::count(std::size_t count_bytes, std::size_t items) {
    STRATUM_ENSURE(items < std::size_t{1} << (8 * count_bytes));
    number(items, count_bytes);
}

void Writer::seq0_255(std::span<const Hash256> items) {
    count(1, items.size());
    rest(bytes_of(items));
}

void Writer::seq0_64k(std::span<const Hash256> items) {
    count(2, items.size());
    rest(bytes_of(items));
}

void Writer::seq0_64k(const std::vector<std::uint16_t>& items) {
    count(2, items.size());
    for (const auto item : items) u16(item);
}

void Writer::seq0_64k(const std::vector<std::uint32_t>& items) {
    count(2, items.size());
    for (const auto item : items) u32(item);
}

void Writer::seq0_64k_b0_16m(const std::vector<ByteView>& items) {
    count(2, items.size());
    for (const auto item : items) b0_16m(item);
}

void Writer::option(const std::optional<std::uint32_t>& value) {
    boolean(value.has_value());
    if (value) u32(*value);
}

}  // namespace stratum::v2

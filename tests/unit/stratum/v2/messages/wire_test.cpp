// Frames and data types at their edges.

#include "stratum/v2/wire.h"

#include "tests/catch.h"
#include <limits>

#include "stratum/v2/frame.h"

using namespace stratum;
using namespace stratum::v2;

namespace {

Bytes bytes(const char* hex) { return parse_hex(hex).value(); }

std::optional<WireError> error_of(const Bytes& payload, auto read) {
    Reader reader(payload);
    read(reader);
    return reader.error();
}

}  // namespace

TEST_CASE("A frame header says extension, channel bit, type and length") {
    const auto core = FrameHeader{0, true, 0x1a, 24};
    CHECK(to_hex(encode(core)) == "00801a180000");
    CHECK(parse_frame_header(encode(core)) == core);
    const auto most = FrameHeader{extension_max, false, 0xff, payload_bytes_max};
    CHECK(to_hex(encode(most)) == "ff7fffffffff");
    CHECK(parse_frame_header(encode(most)) == most);
    CHECK(to_hex(encode({0x4321, true, 5, 0x030201})) == "21c305010203");
}

TEST_CASE("Every six bytes are a header that comes back") {
    const auto raw = bytes("21c305010203");
    const auto header = parse_frame_header(std::span(raw).first<6>());
    CHECK(header == FrameHeader{0x4321, true, 5, 0x030201});
}

TEST_CASE("Integers are little-endian") {
    const auto payload = bytes("010302060504" "0a090807" "1817161514131211");
    Reader reader(payload);
    std::uint8_t a = 0;
    std::uint16_t b = 0;
    std::uint32_t c = 0;
    std::uint32_t d = 0;
    std::uint64_t e = 0;
    reader.u8(a);
    reader.u16(b);
    reader.u24(c);
    reader.u32(d);
    reader.u64(e);
    CHECK(!reader.error());
    CHECK(reader.left().empty());
    CHECK((a == 1 && b == 0x0203 && c == 0x040506 && d == 0x0708090a && e == 0x1112131415161718));
    std::string out;
    Writer writer(out);
    writer.u8(a);
    writer.u16(b);
    writer.u24(c);
    writer.u32(d);
    writer.u64(e);
    CHECK(to_hex(view_of(out)) == to_hex(payload));
}

TEST_CASE("The first error stays and nothing is read after it") {
    const auto payload = bytes("0201020304");
    Reader reader(payload);
    std::optional<std::uint32_t> option = 7;
    reader.option(option);
    CHECK(reader.error() == WireError::bad_option);
    std::uint8_t untouched = 9;
    reader.u8(untouched);
    ByteView rest = payload;
    reader.rest(rest);
    CHECK(reader.error() == WireError::bad_option);
    CHECK(untouched == 9);
    CHECK(option == 7u);
    CHECK(rest.size() == payload.size());
}

TEST_CASE("A truth value is its lowest bit") {
    for (const auto& [byte, expected] : {std::pair{0, false}, {1, true}, {2, false}, {0xff, true}}) {
        const Bytes payload{static_cast<std::uint8_t>(byte)};
        Reader reader(payload);
        bool value = !expected;
        reader.boolean(value);
        CHECK(value == expected);
    }
}

TEST_CASE("Hash rates are finite numbers from zero up") {
    const auto read = [](const char* hex) {
        const auto payload = bytes(hex);
        Reader reader(payload);
        float value = 1;
        reader.hash_rate(value);
        return reader.error() ? std::optional<float>{} : value;
    };
    CHECK(read("00000000") == 0.0F);
    CHECK(read("a5d46853") == 1e12F);
    CHECK(read("ffff7f7f") == std::numeric_limits<float>::max());
    CHECK(read("01000000") == std::numeric_limits<float>::denorm_min());
    REQUIRE(read("00000080"));
    CHECK_FALSE(std::signbit(*read("00000080")));
    for (const char* bad : {"0000807f", "000080ff", "0000c07f", "0100807f", "000080bf", "01000080"}) {
        CAPTURE(bad);
        CHECK_FALSE(read(bad));
    }
}

TEST_CASE("Byte strings and sequences beyond the payload are refused without allocating for them") {
    ByteView view;
    std::string_view text;
    std::span<const Hash256> hashes;
    std::vector<std::uint16_t> shorts;
    std::vector<std::uint32_t> longs;
    std::vector<ByteView> transactions;
    const auto too_short = WireError::too_short;
    CHECK(error_of(bytes("02aa"), [&](Reader& r) { r.str0_255(text); }) == too_short);
    CHECK(error_of(bytes("02aa"), [&](Reader& r) { r.b0_255(view); }) == too_short);
    CHECK(error_of(bytes("20aa"), [&](Reader& r) { r.b0_32(view); }) == too_short);
    CHECK(error_of(bytes("21" "aa"), [&](Reader& r) { r.b0_32(view); }) == WireError::b0_32_too_long);
    CHECK(error_of(bytes("0200aa"), [&](Reader& r) { r.b0_64k(view); }) == too_short);
    CHECK(error_of(bytes("02"), [&](Reader& r) { r.b0_64k(view); }) == too_short);
    CHECK(error_of(bytes("ffffffaa"), [&](Reader& r) { r.b0_16m(view); }) == too_short);
    CHECK(error_of(Bytes(32, 1), [&](Reader& r) { r.seq0_255(hashes); }) == too_short);
    CHECK(error_of(bytes("ffff00"), [&](Reader& r) { r.seq0_64k(hashes); }) == too_short);
    CHECK(error_of(bytes("020000000000"), [&](Reader& r) { r.seq0_64k(longs); }) == too_short);
    CHECK(error_of(bytes("0200000000"), [&](Reader& r) { r.seq0_64k(shorts); }) == too_short);
    CHECK(error_of(bytes("ffff000000000000"), [&](Reader& r) { r.seq0_64k_b0_16m(transactions); }) ==
          too_short);
    CHECK((view.empty() && text.empty() && hashes.empty() && shorts.capacity() == 0));
    CHECK((longs.capacity() == 0 && transactions.capacity() == 0));
}

TEST_CASE("The longest byte strings fit") {
    const Bytes most(0xffff, 7);
    std::string out;
    Writer writer(out);
    writer.b0_64k(most);
    writer.b0_16m(most);
    writer.b0_255(ByteView(most).first(255));
    writer.b0_32(ByteView(most).first(32));
    Reader reader(view_of(out));
    ByteView a;
    ByteView b;
    ByteView c;
    ByteView d;
    reader.b0_64k(a);
    reader.b0_16m(b);
    reader.b0_255(c);
    reader.b0_32(d);
    CHECK(!reader.error());
    CHECK(reader.left().empty());
    CHECK((a.size() == 0xffff && b.size() == 0xffff && c.size() == 255 && d.size() == 32));
}

TEST_CASE("Every wire error is explained") {
    for (const auto error : {WireError::too_short, WireError::b0_32_too_long, WireError::bad_option,
                             WireError::bad_number})
        CHECK_FALSE(explain(error).empty());
}

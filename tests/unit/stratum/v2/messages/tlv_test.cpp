// The area behind a share and the worker it names.

#include "stratum/v2/tlv.h"

#include "tests/catch.h"

using namespace stratum;
using namespace stratum::v2;

namespace {

// "Worker_001", as the specification prints it (big-endian) and as the reference code writes it.
constexpr const char* printed = "000201000a576f726b65725f303031";
constexpr const char* written = "0200010a00576f726b65725f303031";

Bytes bytes(const std::string& hex) { return parse_hex(hex).value(); }

std::optional<std::string_view> name_in(ByteView area) {
    const auto name = worker_identity(area);
    REQUIRE(name.has_value());
    return *name;
}

std::optional<WorkerIdentityError> error_of(const std::string& hex) {
    const auto area = bytes(hex);
    const auto name = worker_identity(area);
    return name ? std::nullopt : std::optional(name.error());
}

std::string little_endian(const std::string& value) {
    std::string out;
    append_tlv(out, {2, 1, view_of(value)});
    return to_hex(view_of(out));
}

}  // namespace

TEST_CASE("A worker name is read in both byte orders") {
    for (const char* hex : {printed, written}) {
        const auto area = bytes(hex);
        CHECK(name_in(area) == "Worker_001");
    }
    CHECK(order_of_tlvs(bytes(written)) == TlvReader::Order::little_endian);
    CHECK(order_of_tlvs(bytes(printed)) == TlvReader::Order::big_endian);
}

TEST_CASE("A worker name is written little-endian") {
    std::string out;
    append_worker_identity(out, "Worker_001");
    CHECK(to_hex(view_of(out)) == written);
}

TEST_CASE("A share may name nobody, and other extensions are passed over") {
    CHECK(name_in({}) == std::nullopt);
    const auto other = bytes("0500010200abcd");
    CHECK(name_in(other) == std::nullopt);
    const auto other_field = bytes("0200020100ab");
    CHECK(name_in(other_field) == std::nullopt);
    for (const auto& hex : {std::string(written) + "0500010200abcd", "0500010200abcd" + std::string(written),
                            "00050100" "02abcd" + std::string(printed)}) {
        const auto area = bytes(hex);
        CHECK(name_in(area) == "Worker_001");
    }
}

TEST_CASE("Names of 32 bytes pass and longer ones are refused") {
    const auto longest = bytes(little_endian(std::string(32, 'w')));
    CHECK(name_in(longest) == std::string(32, 'w'));
    CHECK(error_of(little_endian(std::string(33, 'w'))) == WorkerIdentityError::too_long);
    const auto empty = bytes(little_endian(""));
    CHECK(name_in(empty) == "");
}

TEST_CASE("Names that are not UTF-8 are refused") {
    for (const char* good :
         {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x90\xa2", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"})
        CHECK_FALSE(error_of(little_endian(good)));
    for (const char* bad : {"\x80", "\xc0\xaf", "\xc3", "\xc3(", "\xe0\x80\xaf", "\xed\xa0\x80",
                            "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xff", "\xe2\x82"})
        CHECK(error_of(little_endian(bad)) == WorkerIdentityError::not_utf8);
}

TEST_CASE("An area that reads in neither order, or names two workers, is refused") {
    CHECK(error_of("02") == WorkerIdentityError::not_tlv);
    CHECK(error_of("0200010a00576f") == WorkerIdentityError::not_tlv);
    CHECK(error_of(std::string(written) + "00") == WorkerIdentityError::not_tlv);
    CHECK(error_of(std::string(written) + written) == WorkerIdentityError::twice);
    for (const auto error : {WorkerIdentityError::not_tlv, WorkerIdentityError::too_long,
                             WorkerIdentityError::not_utf8, WorkerIdentityError::twice})
        CHECK_FALSE(explain(error).empty());
}

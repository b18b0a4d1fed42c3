#include "stratum/uint256.h"

#include "tests/catch.h"

using stratum::Uint256;

TEST_CASE("A 256-bit number survives hex and decimal") {
    const auto value = Uint256::parse_hex("123456789abcdef0fedcba9876543210ffffffffffffffff0000000000000001");
    REQUIRE(value);
    CHECK(value->hex() == "123456789abcdef0fedcba9876543210ffffffffffffffff0000000000000001");
    CHECK(Uint256::max().decimal() ==
          "115792089237316195423570985008687907853269984665640564039457584007913129639935");
    CHECK(Uint256{}.decimal() == "0");
    CHECK((Uint256{10'000'000'000'000'000'000ULL} + Uint256{5}).decimal() == "10000000000000000005");
}

TEST_CASE("Shifts, subtraction and division agree with each other") {
    const Uint256 one{1};
    for (int bits = 0; bits < 256; ++bits) {
        const auto power = one << bits;
        CHECK(power.bit_width() == bits + 1);
        CHECK((power >> bits) == one);
        CHECK(Uint256::max() / power == (Uint256::max() >> bits));
    }
    CHECK(Uint256{7} / Uint256{2} == Uint256{3});
    CHECK(Uint256{7} - Uint256{9} == ~Uint256{1});
}

#include "stratum/v1/login.h"

#include "stratum/v1/quirks.h"
#include "tests/catch.h"

using namespace stratum;
using namespace stratum::v1;

TEST_CASE("Passwords fix or bound the difficulty and anything else is a password too") {
    for (const auto* text :
         {"", "x", "d=", "d=0", "d=-4", "d=nan", "d=1e", "D=5", "=5", ",;, ,", "d 5", "dd=5", "d=5x"}) {
        INFO(text);
        CHECK_FALSE(parse_password(text).fixed);
        CHECK_FALSE(parse_password(text).least);
    }
    CHECK(parse_password("x,d=1024").fixed == Difficulty::whole(1024));
    CHECK(parse_password("fd=0.5").fixed == Difficulty::fraction(1));
    CHECK(parse_password("diff=3;md=2").fixed == Difficulty::whole(3));
    CHECK(parse_password("diff=3;md=2").least == Difficulty::whole(2));
    CHECK(parse_password("d=1 d=2").fixed == Difficulty::whole(2));
    CHECK(parse_password("d=1e300").fixed == Difficulty::whole(std::uint64_t{1} << 63));
    CHECK(parse_password("d=1e-300").fixed == Difficulty::fraction(Difficulty::fraction_bits_max));
}

TEST_CASE("Agents are known by their beginning in any case, others by none") {
    CHECK(quirks_of("NiceHash/1.0.0").name == "nicehash");
    CHECK(quirks_of("ANTMINER S21/Thu").name == "antminer_s21");
    CHECK(quirks_of("Antminer S19/Thu").name == "antminer");
    CHECK(quirks_of("bitaxe/BM1370/v2").name == "bitaxe");
    for (const auto* agent : {"", "x", "ccminer/2", "my nicehash/1"})
        CHECK(quirks_of(agent).name == "unknown");
}

TEST_CASE("Size classes allow from 500 bytes upwards") {
    std::size_t before = 499;
    for (std::size_t i = 0; i <= static_cast<std::size_t>(SizeClass::huge); ++i) {
        const auto bytes = coinbase_bytes_max(static_cast<SizeClass>(i));
        CHECK(bytes > before);
        before = bytes;
    }
}

#include "stratum/target.h"

#include "tests/catch.h"

#include <cmath>
#include <limits>

using namespace stratum;

TEST_CASE("Difficulty 1 is the classic target and each doubling halves it") {
    const auto one = Difficulty::whole(1);
    REQUIRE(one);
    CHECK(one->target().hex() == "00000000ffff0000000000000000000000000000000000000000000000000000");
    CHECK(Difficulty::whole(2)->target().hex() ==
          "000000007fff8000000000000000000000000000000000000000000000000000");
    CHECK(Difficulty::fraction(32)->target().hex() ==
          "ffff000000000000000000000000000000000000000000000000000000000000");
    CHECK(work_of_target(one->target()).decimal() == "4295032833");  // 2^32 * 65536/65535
    CHECK(difficulty_of_target(Difficulty::whole(1000)->target()) == Catch::Approx(1000));
}

TEST_CASE("Difficulty is never rounded up") {
    CHECK(Difficulty::at_most(1023.9)->text() == "1023");
    CHECK(Difficulty::at_most(0.75)->text() == "0.5");
    CHECK(Difficulty::at_most(0.5)->text() == "0.5");
    CHECK(Difficulty::at_most(0.25000001)->text() == "0.25");
    CHECK(Difficulty::at_most(1e-30)->approximate() == Catch::Approx(0x1p-32));
    CHECK(Difficulty::at_most(1e30)->text() == "9223372036854775808");
    CHECK(Difficulty::parse("1e3")->text() == "1000");
    CHECK(Difficulty::fraction(32)->text() == "0.00000000023283064365386962890625");
    CHECK(Difficulty::whole(1536)->power_of_two().text() == "1024");
}

TEST_CASE("A difficulty that is no positive number is refused") {
    for (const double value : {0.0, -1.0, std::numeric_limits<double>::infinity(), std::nan("")})
        CHECK_FALSE(Difficulty::at_most(value));
    for (const char* text : {"", "x", "1x", "-3", "0", "nan", "inf", " 1"})
        CHECK_FALSE(Difficulty::parse(text));
    CHECK_FALSE(Difficulty::whole(0));
    CHECK_FALSE(Difficulty::fraction(0));
    CHECK_FALSE(Difficulty::fraction(33));
}

TEST_CASE("Difficulties order as their targets do, backwards") {
    const Difficulty rising[] = {*Difficulty::fraction(32), *Difficulty::fraction(1), *Difficulty::whole(1),
                                 *Difficulty::whole(3), *Difficulty::whole(1ULL << 40)};
    for (std::size_t i = 1; i < std::size(rising); ++i) {
        CHECK(rising[i - 1] < rising[i]);
        CHECK(rising[i - 1].target() > rising[i].target());
    }
}

TEST_CASE("Compact targets follow consensus") {
    CHECK(target_of_nbits(0x1d00ffff)->hex() ==
          "00000000ffff0000000000000000000000000000000000000000000000000000");
    CHECK(target_of_nbits(0x207fffff)->hex() ==
          "7fffff0000000000000000000000000000000000000000000000000000000000");
    CHECK(*target_of_nbits(0x01120000) == Uint256{0x12});
    for (const std::uint32_t bad :
         {0x00000000u, 0x01000000u, 0x1d800001u, 0x01003456u, 0xff123456u, 0x22ffff01u})
        CHECK_FALSE(target_of_nbits(bad));
    for (const std::uint32_t good :
         {0x1d00ffffu, 0x207fffffu, 0x1b0404cbu, 0x17034219u, 0x03123456u, 0x02123400u})
        CHECK(nbits_of_target(*target_of_nbits(good)) == good);
}

TEST_CASE("Work is exact at the ends of its range") {
    CHECK(work_of_target(Uint256::max()) == Uint256{1});
    CHECK(work_of_target(Uint256{}) ==
          Uint256::max());  // 2^256 does not fit: the largest number stands for it
    CHECK(work_of_target(Uint256{1} << 255) == Uint256{1});
    CHECK(work_of_target((Uint256{1} << 255) - Uint256{1}) == Uint256{2});
    CHECK(work_of_target(*target_of_nbits(0x207fffff)) == Uint256{2});
}

TEST_CASE("A target for a hash rate exists from no hashes up to what 256 bits can ask for") {
    CHECK(target_from_hashrate({.hashes_per_second = 0, .shares_per_minute = 6}) == Uint256::max());
    CHECK(target_from_hashrate({.hashes_per_second = 0.09, .shares_per_minute = 6}) == Uint256::max());
    // One hash a share: (2^256 - 1) / 2.
    CHECK(target_from_hashrate({.hashes_per_second = 1, .shares_per_minute = 60}) ==
          Uint256::max() - (Uint256{1} << 255));
    CHECK(target_from_hashrate({.hashes_per_second = 0x1p200, .shares_per_minute = 60}) ==
          (Uint256{1} << 56) - Uint256{2});
    CHECK(target_from_hashrate({.hashes_per_second = 0x1p254, .shares_per_minute = 60}) == Uint256{2});
    CHECK_FALSE(target_from_hashrate({.hashes_per_second = 0x1p255, .shares_per_minute = 60}));
}

TEST_CASE("No target comes from rates that are no rates") {
    const double infinity = std::numeric_limits<double>::infinity();
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (const double bad : {-1.0, infinity, nan})
        CHECK_FALSE(target_from_hashrate({.hashes_per_second = bad, .shares_per_minute = 6}));
    for (const double bad : {0.0, -6.0, infinity, nan})
        CHECK_FALSE(target_from_hashrate({.hashes_per_second = 1e12, .shares_per_minute = bad}));
    CHECK_FALSE(target_from_hashrate({.hashes_per_second = 1e300, .shares_per_minute = 1e-300}));
}

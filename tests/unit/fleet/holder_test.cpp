#include "fleet/ledger/holder.h"

#include <algorithm>

#include "fleet/ledger/calendar.h"
#include "tests/catch.h"

using namespace fleet::ledger;

TEST_CASE("coins become units and back: a masternode is 10,000 coins and 100,000,000 units") {
    CHECK(units_of_coins("10000") == units_of_a_masternode);
    CHECK(units_of_coins("0.0001") == 1);
    CHECK(units_of_coins("2500.5") == 25'005'000);
    CHECK(units_of_coins("007") == 70'000);
    CHECK(units_of_coins("0") == 0);
    for (const auto* wrong :
         {"", ".", "1.", ".5", "-1", "1.00001", "1e3", " 1", "1,5", "0x10", "123456789012345678901"})
        CHECK(!units_of_coins(wrong));
    for (const auto* text : {"0", "1", "0.0001", "2500.5", "99999999999999999999.9999"})
        CHECK(coins_of_units(units_of_coins(text).value()) == text);
}

TEST_CASE("a file of holders: names, coins, and the day they hold from") {
    const auto file = parse_holder_file(
        "holder,coins,valid_from\nanna,10000,2026-10-01\n\"B, Ltd\",0.25,\nzo\xc3\xab,0,2026-11-01\n");
    REQUIRE(file.problems.empty());
    REQUIRE(file.changes.size() == 3);
    CHECK(file.changes[0].holder == "anna");
    CHECK(file.changes[0].valid_from_us == parse_day("2026-10-01"));
    CHECK(file.changes[1].holder == "B, Ltd");
    CHECK(file.changes[1].units == 2'500);
    CHECK(file.changes[1].valid_from_us == 0);
    CHECK(file.changes[2].units == 0);
    CHECK(file.lines == std::vector<std::size_t>{2, 3, 4});
}

TEST_CASE("each wrong row of a file of holders is named") {
    const auto file =
        parse_holder_file("holder,coins,valid_from\n,1,\nanna,one,\nanna,1,yesterday\nanna,1\n" +
                          std::string(91, 'x') + ",1,\n");
    CHECK(file.changes.empty());
    REQUIRE(file.problems.size() == 5);
    std::vector<std::size_t> lines;
    for (const auto& problem : file.problems) lines.push_back(problem.line);
    std::sort(lines.begin(), lines.end());
    CHECK(lines == std::vector<std::size_t>{2, 3, 4, 5, 6});
}

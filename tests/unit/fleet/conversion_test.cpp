#include "fleet/ledger/conversion.h"

#include <random>

#include "tests/catch.h"

using namespace fleet::ledger;

namespace {

const Integer widest = (Integer(1) << 126) - 1;

Price price(const std::string& text) { return parse_price(text).value(); }

}  // namespace

TEST_CASE("a bill of USD 87,654.32 at 69,123.45 takes 126,808,370 satoshis") {
    CHECK(cost_in_asset(8'765'432, price("69123.45"), {8, 2}).value() == 126'808'370);
}

TEST_CASE("a cost is rounded up, but an exact one stays") {
    struct Case {
        std::uint64_t cost;
        std::string price;
        ConversionScales scales;
        std::uint64_t amount;
    };
    const Case cases[] = {
        {0, "69123.45", {8, 2}, 0},
        {1, "100000000", {8, 2}, 1},  // a cent is a hundredth of a satoshi
        {6'912'345, "69123.45", {8, 2}, 100'000'000},
        {6'912'346, "69123.45", {8, 2}, 100'000'015},
        {100, "0.00000001", {0, 2}, 100'000'000},
        {3, "2", {0, 0}, 2},
        {4, "2", {0, 0}, 2},
        {5, "1", {36, 36}, 5},
        {1, "3", {0, 18}, 1},
    };
    for (const auto& one : cases) {
        INFO(one.cost << " at " << one.price);
        CHECK(cost_in_asset(one.cost, price(one.price), one.scales).value() == one.amount);
    }
}

TEST_CASE("a value goes to the nearest unit, halves to the even one") {
    struct Case {
        std::uint64_t amount;
        std::string price;
        ConversionScales scales;
        std::uint64_t value;
    };
    const Case cases[] = {
        {100'000'000, "69123.45", {8, 2}, 6'912'345},
        {126'808'370, "69123.45", {8, 2}, 8'765'432},
        {1, "0.5", {0, 0}, 0},
        {3, "0.5", {0, 0}, 2},
        {5, "0.5", {0, 0}, 2},
        {1, "0.51", {0, 0}, 1},
        {1, "0.49", {0, 0}, 0},
        {0, "1", {8, 2}, 0},
        {7, "1", {36, 36}, 7},
    };
    for (const auto& one : cases) {
        INFO(one.amount << " at " << one.price);
        CHECK(value_in_quote(one.amount, price(one.price), one.scales).value() == one.value);
    }
}

TEST_CASE("what does not fit or makes no sense is an error and no number") {
    CHECK(cost_in_asset(1, {0, 0}, {8, 2}).error() == LedgerError::bad_rule);
    CHECK(cost_in_asset(1, {1, 19}, {8, 2}).error() == LedgerError::bad_rule);
    CHECK(value_in_quote(1, {1, 0}, {37, 2}).error() == LedgerError::bad_rule);
    CHECK(value_in_quote(1, {1, 0}, {8, 37}).error() == LedgerError::bad_rule);
    CHECK(cost_in_asset(widest, {1, 18}, {36, 0}).error() == LedgerError::overflow);
    CHECK(value_in_quote(widest, {widest, 0}, {0, 36}).error() == LedgerError::overflow);
    CHECK(cost_in_asset(widest, {widest, 18}, {18, 2}).value() ==
          1'000'000'000'000'000'000 * Integer(10'000'000'000'000'000));
}

TEST_CASE("what a cost takes is worth at least the cost, and one unit less would not be") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 2000; ++round) {
        const Price at{Integer(1 + (random() >> (random() % 60))), static_cast<unsigned>(random() % 19)};
        const ConversionScales scales{static_cast<unsigned>(random() % 19),
                                      static_cast<unsigned>(random() % 5)};
        const Integer cost = random() >> (random() % 60);
        const Integer amount = cost_in_asset(cost, at, scales).value();
        const Integer ten = 10;
        const Integer one_worth = at.value * boost::multiprecision::pow(ten, scales.quote);
        const Integer cost_worth = cost * boost::multiprecision::pow(ten, at.scale + scales.asset);
        REQUIRE(amount * one_worth >= cost_worth);
        if (amount > 0) REQUIRE((amount - 1) * one_worth < cost_worth);
        // Back again: within half a unit of the exact value.
        const Integer value = value_in_quote(amount, at, scales).value();
        const Integer under = boost::multiprecision::pow(ten, at.scale + scales.asset);
        const Integer exact = amount * one_worth;
        const Integer gap = value * under > exact ? value * under - exact : exact - value * under;
        REQUIRE(2 * gap <= under);
    }
}

TEST_CASE("an amount paid fits quantity and price as far as the price's last digit tells") {
    const ConversionScales scales{8, 2};
    CHECK(price_explains(6'912'345, 100'000'000, price("69123.45"), scales));
    CHECK(price_explains(6'912'347, 100'000'000, price("69123.45"), scales));
    CHECK(!price_explains(6'912'348, 100'000'000, price("69123.45"), scales));
    CHECK(!price_explains(6'912'342, 100'000'000, price("69123.45"), scales));
    CHECK(price_explains(691'234'549, 10'000'000'000, price("69123.45"), scales));
    CHECK(!price_explains(691'234'552, 10'000'000'000, price("69123.45"), scales));
    CHECK(price_explains(6'900'000, 100'000'000, price("69000"), scales));
    CHECK(!price_explains(0, 100'000'000, price("69123.45"), scales));
    CHECK(!price_explains(1, 1, {0, 0}, scales));
}

TEST_CASE("a price is read from its digits and written as it was, without closing zeros") {
    CHECK(price("69123.45") == Price{6'912'345, 2});
    CHECK(price("69123.4500") == price("69123.45"));
    CHECK(price("0.00000001") == Price{1, 8});
    CHECK(price("100") == Price{100, 0});
    CHECK(price("100.000") == Price{100, 0});
    for (const auto* text :
         {"69123.45", "0.00000001", "1", "100", "0.5", "123456789012345678901234.5", "0.000000000000000001"})
        CHECK(text_of(price(text)) == text);
}

TEST_CASE("a text that is no positive number is no price") {
    for (const auto* text : {"", ".", "1.", ".5", "-1", "+1", "1e5", "1,000", "1 ", " 1", "00", "01", "0x1",
                             "NaN", "inf", "1.2.3", "\xd9\xa1", "--1", "1_000"})
        CHECK(parse_price(text).error() == PriceTextError::not_a_number);
    for (const auto* text : {"0", "0.0", "0.000"})
        CHECK(parse_price(text).error() == PriceTextError::not_positive);
    for (const auto& text :
         {std::string("0.0000000000000000001"), std::string(39, '9'), std::string(500, '9')})
        CHECK(parse_price(text).error() == PriceTextError::too_long);
    CHECK(parse_price(std::string(38, '9')).has_value());
}

TEST_CASE("an amount is written with the places its asset has and read back with no more than those") {
    CHECK(parse_amount("1234567.89", 2) == Integer(123'456'789));
    CHECK(parse_amount("5", 8) == Integer(500'000'000));
    CHECK(parse_amount("0.10", 1) == Integer(1));
    CHECK(parse_amount("7", 0) == Integer(7));
    for (const auto* text : {"0.001", "0", "", "-5", "1,5", "1e3"}) CHECK(!parse_amount(text, 2));
    CHECK(!parse_amount("1", 37));
    CHECK(amount_text(123'456'789, 2) == "1234567.89");
    CHECK(amount_text(5, 8) == "0.00000005");
    CHECK(amount_text(0, 2) == "0.00");
    CHECK(amount_text(7, 0) == "7");
}

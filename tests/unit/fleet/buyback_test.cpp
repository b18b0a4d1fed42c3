#include "fleet/ledger/buyback.h"

#include <algorithm>
#include <random>

#include "fleet/ledger/instalments.h"
#include "tests/catch.h"

using namespace fleet::ledger;

namespace {

// "401 = hosting 100, trading 301"
std::string shown(const Buyback& buyback) {
    std::string text = buyback.amount.str() + " =";
    for (const auto& line : buyback.lines)
        text += (&line == &buyback.lines.front() ? " " : ", ") + line.line + " " + line.amount.str();
    return text;
}

const std::vector<LineRevenue> worked{
    {"entrusted_mining", 123'456'789, 0}, {"machine_sales_repair", 9'876'543, 0}, {"hosting", 432'101, 0}};

}  // namespace

TEST_CASE("30 % of USD 1,337,654.33 is 401,296.29, taken of the total and then shared by line") {
    const auto buyback = buyback_of(worked, 3000).value();
    CHECK(buyback.total == 133'765'433);
    CHECK(buyback.amount == 40'129'629);
    CHECK(shown(buyback) ==
          "40129629 = entrusted_mining 37037036, hosting 129630, machine_sales_repair 2962963");
    Integer line_by_line = 0;
    for (const auto& line : worked) line_by_line += line.earned * 3000 / 10'000;
    CHECK(line_by_line == 40'129'628);
}

TEST_CASE("reversals lower the total, and a line that returned more than it earned brings nothing") {
    CHECK(shown(buyback_of({{"hosting", 1000, 100}, {"trading", 500, 0}}, 3000).value()) ==
          "420 = hosting 270, trading 150");
    CHECK(shown(buyback_of({{"hosting", 1000, 0}, {"trading", 100, 400}}, 3000).value()) ==
          "210 = hosting 210, trading 0");
    CHECK(shown(buyback_of({{"hosting", 100, 0}, {"trading", 0, 400}}, 3000).value()) ==
          "0 = hosting 0, trading 0");
}

TEST_CASE("no revenue, no percentage and all of it are whole answers") {
    CHECK(shown(buyback_of({}, 3000).value()) == "0 =");
    CHECK(shown(buyback_of({{"hosting", 999, 0}}, 0).value()) == "0 = hosting 0");
    CHECK(shown(buyback_of({{"hosting", 999, 0}}, 10'000).value()) == "999 = hosting 999");
    CHECK(shown(buyback_of({{"hosting", 3, 0}}, 3000).value()) == "0 = hosting 0");
    CHECK(buyback_of({{"hosting", 1, 0}}, 10'001).error() == LedgerError::bad_rule);
    CHECK(buyback_of({{"hosting", 1, 0}, {"hosting", 1, 0}}, 3000).error() == LedgerError::bad_rule);
    const Integer widest = ~Integer(0);
    CHECK(buyback_of({{"hosting", widest, 0}, {"trading", widest, 0}}, 3000).error() ==
          LedgerError::overflow);
}

TEST_CASE("the lines of a buyback add up, none is a unit away from its exact part, and order is no matter") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 500; ++round) {
        std::vector<LineRevenue> revenue;
        const auto lines = 1 + random() % 8;
        for (std::uint64_t i = 0; i < lines; ++i)
            revenue.push_back(
                {"line" + std::to_string(i), random() >> (random() % 60), random() >> (20 + random() % 40)});
        const auto basis = static_cast<unsigned>(random() % 10'001);
        const auto buyback = buyback_of(revenue, basis).value();
        Integer sum = 0;
        Integer weight = 0;
        for (const auto& line : buyback.lines) {
            sum += line.amount;
            if (line.earned > line.returned) weight += line.earned - line.returned;
        }
        REQUIRE(sum == buyback.amount);
        REQUIRE(buyback.amount * 10'000 <= buyback.total * basis);
        REQUIRE((buyback.amount + 1) * 10'000 > buyback.total * basis);
        for (const auto& line : buyback.lines) {
            const Integer own =
                line.earned > line.returned ? Integer(line.earned - line.returned) : Integer(0);
            REQUIRE((line.amount + 1) * weight >= buyback.amount * own);
            REQUIRE(line.amount * weight <= buyback.amount * own + weight);
        }
        std::shuffle(revenue.begin(), revenue.end(), random);
        REQUIRE(canonical_buyback_output(buyback_of(revenue, basis).value()) ==
                canonical_buyback_output(buyback));
    }
}

TEST_CASE("a quarter is three months, and a text that is none is refused") {
    const auto last = parse_quarter("2026-Q4").value();
    CHECK(last.from_us == 1'790'812'800'000'000);   // 2026-10-01
    CHECK(last.until_us == 1'798'761'600'000'000);  // 2027-01-01
    CHECK(parse_quarter("1970-Q1")->from_us == 0);
    CHECK(quarter_before(last).name == "2026-Q3");
    CHECK(quarter_before(parse_quarter("2026-Q1").value()).name == "2025-Q4");
    CHECK(quarter_before(last).until_us == last.from_us);
    for (const auto* text :
         {"", "2026", "2026-Q0", "2026-Q5", "2026-q4", "26-Q4", "2026-Q44", "1969-Q4", "2200-Q1", "+026-Q1"})
        CHECK(!parse_quarter(text));
}

TEST_CASE("a run is told in lines of text that name everything it depends on") {
    const auto buyback = buyback_of({{"trading", 50, 7}, {"hosting", 100, 0}}, 3000).value();
    CHECK(canonical_buyback_input("2026-Q4", "USD", 3000, buyback) ==
          "hashyard buyback 1\nquarter 2026-Q4\nasset USD\nbasis_points 3000\nline hosting 100 0\nline "
          "trading 50 7\n");
    CHECK(canonical_buyback_output(buyback) == "amount 42\nline hosting 29\nline trading 13\n");
}

TEST_CASE("an escrow of 100,000,001 in three instalments loses nothing") {
    CHECK(instalments_of(100'000'001, 3).value() == std::vector<Integer>{33'333'334, 33'333'334, 33'333'333});
    CHECK(instalments_of(2, 3).value() == std::vector<Integer>{1, 1, 0});
    CHECK(instalments_of(0, 2).value() == std::vector<Integer>{0, 0});
    CHECK(instalments_of(5, 0).error() == LedgerError::bad_rule);
    CHECK(instalments_of(5, instalments_max + 1).error() == LedgerError::bad_rule);
    std::mt19937_64 random(7);
    for (int round = 0; round < 200; ++round) {
        const Integer amount = random();
        const auto parts = instalments_of(amount, 1 + random() % 400).value();
        Integer sum = 0;
        for (const auto& part : parts) sum += part;
        REQUIRE(sum == amount);
        REQUIRE(std::is_sorted(parts.rbegin(), parts.rend()));
        REQUIRE(parts.front() - parts.back() <= 1);
    }
}

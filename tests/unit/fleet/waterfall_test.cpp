#include "fleet/ledger/waterfall.h"

#include <algorithm>
#include <limits>
#include <random>

#include "tests/catch.h"
#include "tests/unit/fleet/ledger_examples.h"

using namespace fleet::ledger;
using namespace ledger_examples;

namespace {

constexpr std::uint64_t cost = 126'543'210;

WaterfallInput month_of(std::uint64_t mined, std::uint64_t deficit = 0) {
    WaterfallInput input;
    input.asset = "BTC";
    input.month = "2026-10";
    input.mined = mined;
    input.costs = {{CostKind::electricity, 100'000'000, true, "bill 1"},
                   {CostKind::operating, cost - 100'000'000, false, "bill 2"}};
    input.deficit_brought_forward = deficit;
    input.units = {{"a", 1000}, {"b", 333}, {"c", 333}, {"d", 1}};
    return input;
}

std::vector<Integer> parts_of(const Waterfall& waterfall) {
    return {waterfall.holders, waterfall.reinvest, waterfall.foundation};
}

std::string numbered(unsigned number) {
    const auto digits = std::to_string(number);
    return "node" + std::string(5 - digits.size(), '0') + digits;
}

WaterfallInput random_month(std::mt19937_64& random) {
    auto input = month_of(random() % 1'000'000'000'000ULL, random() % 2 == 0 ? random() % 1'000'000'000 : 0);
    input.taken_back = random() % 4 == 0 ? random() % 1'000'000 : 0;
    const auto holders = static_cast<unsigned>(random() % 10'001);
    const auto reinvest = static_cast<unsigned>(random() % (10'001 - holders));
    input.rule = {holders, reinvest, 10'000 - holders - reinvest};
    input.costs.clear();
    for (std::uint64_t i = random() % 6; i > 0; --i)
        input.costs.push_back({random() % 2 == 0 ? CostKind::electricity : CostKind::operating,
                               random() % 300'000'000'000ULL, random() % 2 == 0, "bill"});
    input.units.clear();
    for (std::uint64_t i = 1 + random() % 50; i > 0; --i)
        input.units["holder" + std::to_string(random() % 1000)] = 1 + (random() >> (random() % 60));
    return input;
}

}  // namespace

TEST_CASE("the whitepaper's month: cost first, then 30/50/20 of what remains, to the last satoshi") {
    const auto even = run_waterfall(month_of(317'500'000)).value();
    CHECK(even.electricity + even.operating == cost);
    CHECK(even.net == 190'956'790);
    CHECK(parts_of(even) == std::vector<Integer>{57'287'037, 95'478'395, 38'191'358});
    CHECK(even.deficit_carried_forward == 0);
    const auto odd = run_waterfall(month_of(317'499'999)).value();
    CHECK(odd.net == 190'956'789);
    CHECK(parts_of(odd) == std::vector<Integer>{57'287'037, 95'478'394, 38'191'358});
}

TEST_CASE("holders share by their units on record") {
    const auto month = run_waterfall(month_of(317'500'000)).value();
    CHECK(amounts_of(month.lines) ==
          Amounts{{"a", 34'365'349}, {"b", 11'443'661}, {"c", 11'443'661}, {"d", 34'366}});
}

TEST_CASE("of ten thousand equal nodes the first 7,037 get one satoshi more") {
    auto input = month_of(317'500'000);
    input.units.clear();
    for (unsigned i = 0; i < 10'000; ++i) input.units[numbered(i)] = 100'000'000;
    const auto month = run_waterfall(input).value();
    REQUIRE(month.lines.size() == 10'000);
    for (unsigned i = 0; i < 10'000; ++i) {
        REQUIRE(month.lines[i].account == numbered(i));
        REQUIRE(month.lines[i].amount == (i < 7'037 ? 5'729 : 5'728));
    }
}

TEST_CASE("a month of loss pays nobody and the next ones carry its deficit") {
    const auto loss = run_waterfall(month_of(100'000'000)).value();
    CHECK(loss.net == 0);
    CHECK(parts_of(loss) == std::vector<Integer>{0, 0, 0});
    CHECK(loss.deficit_carried_forward == 26'543'210);
    for (const auto& line : loss.lines) CHECK(line.amount == 0);
    const auto next = run_waterfall(month_of(317'500'000, 26'543'210)).value();
    CHECK(next.net == 164'413'580);
    CHECK(parts_of(next) == std::vector<Integer>{49'324'074, 82'206'790, 32'882'716});
    CHECK(next.deficit_carried_forward == 0);
    const auto second_loss = run_waterfall(month_of(0, 26'543'210)).value();
    CHECK(second_loss.deficit_carried_forward == 26'543'210 + cost);
}

TEST_CASE("coin that a reorganisation took back counts against the month") {
    auto input = month_of(317'500'000);
    input.taken_back = 190'956'789;
    CHECK(run_waterfall(input).value().net == 1);
    input.taken_back = 190'956'791;
    CHECK(run_waterfall(input).value().deficit_carried_forward == 1);
}

TEST_CASE("wrong input: a split that does not add up, nobody to pay, numbers that do not fit") {
    auto input = month_of(317'500'000);
    input.rule.foundation_basis_points = 2'001;
    CHECK(run_waterfall(input).error() == LedgerError::bad_rule);
    input.rule = {4'294'967'295U, 5'000, 5'001};  // 10,000 only if it wrapped
    CHECK(run_waterfall(input).error() == LedgerError::bad_rule);
    input = month_of(317'500'000);
    input.units.clear();
    CHECK(run_waterfall(input).error() == LedgerError::no_weight);
    input.rule = {0, 8'000, 2'000};
    CHECK(run_waterfall(input).value().reinvest == 152'765'432);
    input = month_of(1);
    input.units.clear();
    CHECK(run_waterfall(input).value().lines.empty());
    input.deficit_brought_forward = std::numeric_limits<Integer>::max();
    CHECK(run_waterfall(input).error() == LedgerError::overflow);
}

TEST_CASE("the split in force is the one with the latest first month") {
    const std::vector<DatedSplit> rules{
        {"2026-01", {}}, {"2026-11", {2'000, 6'000, 2'000}}, {"2026-11", {1'000, 7'000, 2'000}}};
    CHECK(!split_of_month(rules, "2025-12"));
    CHECK(split_of_month(rules, "2026-10") == SplitRule{});
    CHECK(split_of_month(rules, "2026-11") == SplitRule{1'000, 7'000, 2'000});
    CHECK(split_of_month(rules, "2031-01") == SplitRule{1'000, 7'000, 2'000});
}

TEST_CASE("a month's transfers leave retained earnings at its deficit") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 200; ++round) {
        const auto input = random_month(random);
        const auto month = run_waterfall(input).value();
        Integer out = 0;
        Integer own = 0;
        for (const auto& transfer : waterfall_transfers(input, month, "BTC:2026-10:1", 1)) {
            REQUIRE(transfer.debit == AccountKey{"BTC", "retained", "", ""});
            REQUIRE(find_purpose(transfer.credit.purpose).has_value());
            REQUIRE(transfer.amount > 0);
            out += transfer.amount;
        }
        for (const auto& line : input.costs)
            if (!line.converted) own += line.amount;
        // mined - taken back - bills in this coin - what left retained = what is carried forward, from both
        // sides.
        REQUIRE(input.mined + month.deficit_carried_forward ==
                input.taken_back + own + out + input.deficit_brought_forward);
    }
}

TEST_CASE("properties of a month: nothing is lost or made, and nobody is a unit away from the exact part") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 300; ++round) {
        const auto input = random_month(random);
        const auto month = run_waterfall(input).value();
        REQUIRE(month.holders + month.reinvest + month.foundation == month.net);
        REQUIRE((month.net == 0 || month.deficit_carried_forward == 0));
        REQUIRE(month.net + month.electricity + month.operating + input.taken_back +
                    input.deficit_brought_forward ==
                input.mined + month.deficit_carried_forward);
        const auto total = sum_of(input.units).value();
        Integer paid = 0;
        for (const auto& line : month.lines) {
            paid += line.amount;
            REQUIRE(line.amount * total < month.holders * line.weight + total);
            REQUIRE(line.amount * total + total > month.holders * line.weight);
        }
        REQUIRE(paid == month.holders);
    }
}

TEST_CASE("the order of bills, and one bill written as two, change no amount") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 100; ++round) {
        auto input = random_month(random);
        const auto before = canonical_output(run_waterfall(input).value());
        std::shuffle(input.costs.begin(), input.costs.end(), random);
        REQUIRE(canonical_output(run_waterfall(input).value()) == before);
        if (input.costs.empty()) continue;
        auto half = input.costs.front();
        half.amount /= 2;
        input.costs.front().amount -= half.amount;
        input.costs.push_back(half);
        REQUIRE(canonical_output(run_waterfall(input).value()) == before);
    }
}

TEST_CASE("what is hashed is fixed for ever") {
    CHECK(canonical_input(month_of(317'500'000)) ==
          "hashyard waterfall 1\nmonth 2026-10 BTC\nmined 317500000\ntaken_back 0\n"
          "cost electricity converted 100000000 bill 1\ncost operating own 26543210 bill 2\n"
          "deficit 0\nsplit 3000 5000 2000\nrecord 0\n"
          "units 1000 a\nunits 333 b\nunits 333 c\nunits 1 d\n");
    CHECK(canonical_output(run_waterfall(month_of(317'500'000)).value()) ==
          "hashyard waterfall result 1\nelectricity 100000000\noperating 26543210\nnet 190956790\ndeficit 0\n"
          "holders 57287037\nreinvest 95478395\nfoundation 38191358\n"
          "line 34365349 a\nline 11443661 b\nline 11443661 c\nline 34366 d\n");
}

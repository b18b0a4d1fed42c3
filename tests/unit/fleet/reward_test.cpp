#include "fleet/ledger/reward.h"

#include <limits>

#include "tests/catch.h"
#include "tests/unit/fleet/ledger_examples.h"

using namespace fleet::ledger;
using namespace ledger_examples;

TEST_CASE("the fee is taken first and rounded down") {
    CHECK(fee_of(reward, 100).value() == 3'166'873);
    CHECK(reward - fee_of(reward, 100).value() == distributable);
    CHECK(fee_of(reward, 0).value() == 0);
    CHECK(fee_of(reward, 10'000).value() == reward);
    CHECK(fee_of(99, 100).value() == 0);
    CHECK(fee_of(reward, 10'001).error() == LedgerError::bad_rule);
}

TEST_CASE("PROP: a round's weights share the reward to the last satoshi") {
    const Weights round{{"A", 700}, {"B", 200}, {"C", 101}};
    CHECK(amounts_of(apportion(distributable, round).value()) ==
          Amounts{{"A", 219'245'069}, {"B", 62'641'448}, {"C", 31'633'931}});
    CHECK(amounts_of(apportion_floor(distributable, round, 1001).value()) ==
          Amounts{{"A", 219'245'068}, {"B", 62'641'448}, {"C", 31'633'931}});
}

TEST_CASE("a greater amount may give an account less: the Alabama paradox is kept, not hidden") {
    const Weights weights{{"a", 6}, {"b", 6}, {"c", 2}};
    CHECK(amounts_of(apportion(10, weights).value()) == Amounts{{"a", 4}, {"b", 4}, {"c", 2}});
    CHECK(amounts_of(apportion(11, weights).value()) == Amounts{{"a", 5}, {"b", 5}, {"c", 1}});
}

TEST_CASE("equal remainders go to the lower account by its bytes") {
    CHECK(amounts_of(apportion(2, {{"b", 1}, {"a", 1}, {"B", 1}}).value()) ==
          Amounts{{"B", 1}, {"a", 1}, {"b", 0}});
    CHECK(amounts_of(apportion(1, {{"\xc3\xa9", 1}, {"z", 1}}).value()) ==
          Amounts{{"z", 1}, {"\xc3\xa9", 0}});
}

TEST_CASE("edges: nothing to share, fewer units than accounts, nobody there") {
    CHECK(amounts_of(apportion(0, {{"a", 1}, {"b", 2}}).value()) == Amounts{{"a", 0}, {"b", 0}});
    CHECK(amounts_of(apportion(1, {{"a", 1}, {"b", 1}, {"c", 1}}).value()) ==
          Amounts{{"a", 1}, {"b", 0}, {"c", 0}});
    CHECK(apportion(0, {}).value().empty());
    CHECK(apportion(1, {}).error() == LedgerError::no_weight);
    CHECK(apportion(1, {{"a", 0}}).error() == LedgerError::no_weight);
    CHECK(apportion_floor(1, {{"a", 2}}, 1).error() == LedgerError::no_weight);
}

TEST_CASE("numbers that do not fit are refused, never wrapped") {
    const Integer huge = std::numeric_limits<Integer>::max();
    CHECK(apportion(2, {{"a", huge}}).error() == LedgerError::overflow);
    CHECK(apportion(1, {{"a", huge}, {"b", 1}}).error() == LedgerError::overflow);
    CHECK(fee_of(huge, 100).error() == LedgerError::overflow);
    CHECK(amounts_of(apportion(1, {{"a", huge}}).value()) == Amounts{{"a", 1}});
}

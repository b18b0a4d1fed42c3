#include "fleet/ledger/settlement.h"

#include "tests/catch.h"
#include "tests/unit/fleet/ledger_examples.h"

using namespace fleet::ledger;
using namespace ledger_examples;

namespace {

const BlockReward block{"bitcoin", "00ab", reward, "F"};

Weights under_filled() {
    const Integer hash_weight = weight_of_hash(32).value();  // 625 units of 32 hold 20,000
    return {{"A", hash_weight * 4500},
            {"B", hash_weight * 6500},
            {"C", hash_weight * 2000},
            {"D", hash_weight * 5000}};
}

}  // namespace

TEST_CASE("PPLNS pays the window, the fee stands apart, and everything adds up") {
    const auto settled = settle({.window_factor = 625}, block, under_filled()).value();
    CHECK(settled.fee == 3'166'873);
    CHECK(settled.distributable == distributable);
    CHECK(amounts_of(settled.lines) ==
          Amounts{{"A", 78'380'112}, {"B", 113'215'718}, {"C", 34'835'605}, {"D", 87'089'013}});
}

TEST_CASE("with the full window as denominator the rest of an under-filled one stays with the operator") {
    const auto settled =
        settle({.window_factor = 625, .underfilled = Underfilled::full}, block, under_filled()).value();
    CHECK(amounts_of(settled.lines) ==
          Amounts{{"A", 70'542'100}, {"B", 101'894'145}, {"C", 31'352'044}, {"D", 78'380'112}});
    CHECK(settled.fee == 3'166'873 + 31'352'047);
    CHECK(settled.fee + settled.distributable == reward);
}

TEST_CASE("SOLO pays the finder alone, whoever else mined") {
    const auto settled = settle({.scheme = Scheme::solo}, block, under_filled()).value();
    CHECK(amounts_of(settled.lines) == Amounts{{"F", 313'520'448}});
}

TEST_CASE("an empty window pays the finder: the first block comes before any older share") {
    CHECK(amounts_of(settle({}, block, {}).value().lines) == Amounts{{"F", 313'520'448}});
    CHECK(amounts_of(settle({.underfilled = Underfilled::full}, block, {}).value().lines) ==
          Amounts{{"F", 313'520'448}});
}

TEST_CASE("a rule outside its limits is refused") {
    CHECK(settle({.window_factor = 0}, block, {}).error() == LedgerError::bad_rule);
    CHECK(settle({.window_factor = window_factor_max + 1}, block, {}).error() == LedgerError::bad_rule);
    CHECK(settle({.fee_basis_points = 10'001}, block, {}).error() == LedgerError::bad_rule);
}

TEST_CASE("the canonical forms are fixed for ever: they are hashed") {
    CHECK(canonical(PayoutRule{}) ==
          R"({"empty_window":"finder","fee_basis_points":100,"format":1,"oldest_share":"cut",)"
          R"("rounding":"largest_remainder_then_account","scheme":"pplns","underfilled":"log",)"
          R"("view":"received_by_job_issue","window_factor":8})");
    CHECK(canonical(PayoutRule{.scheme = Scheme::solo}) ==
          R"({"fee_basis_points":100,"format":1,"scheme":"solo"})");
    const Weights weights{{"A", 2}, {"B", 1}};
    CHECK(canonical_input({.scheme = Scheme::solo}, {"bitcoin", "00ab", 10, "A"}, weights) ==
          "hashyard payout input 1\nrule {\"fee_basis_points\":100,\"format\":1,\"scheme\":\"solo\"}\n"
          "coin bitcoin\nblock 00ab\nreward 10\nfinder A\nweight A 2\nweight B 1\n");
    CHECK(canonical_output(settle({.fee_basis_points = 0}, {"bitcoin", "00ab", 10, "A"}, weights).value()) ==
          "hashyard payout output 1\nfee 0\ndistributable 10\nline A 2 6 2 1 7\nline B 1 3 1 0 3\n");
}

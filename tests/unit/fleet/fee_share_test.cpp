#include "fleet/ledger/fee_share.h"

#include "tests/catch.h"

using namespace fleet::ledger;

namespace {

const std::vector<FeePayer> payees{{"A", 141'084'202, 31}, {"B", 109'732'157, 43}, {"C", 62'704'089, 34}};

std::vector<Integer> fees_of(FeeShare share, const Integer& fee) {
    std::vector<Integer> fees;
    for (const auto& charged : charge_fee(share, fee, payees).value()) fees.push_back(charged.fee);
    return fees;
}

}  // namespace

TEST_CASE("a batch's fee in equal parts, by amounts, or by the bytes of the outputs") {
    CHECK(fees_of(FeeShare::equal, 2'431) == std::vector<Integer>{811, 810, 810});
    CHECK(fees_of(FeeShare::pro_rata, 2'431) == std::vector<Integer>{1'094, 851, 486});
    CHECK(fees_of(FeeShare::output_size, 2'431) == std::vector<Integer>{698, 968, 765});
    const auto equal = charge_fee(FeeShare::equal, 2'431, payees).value();
    CHECK(equal[0].paid == 141'083'391);
    CHECK(equal[1].paid == 109'731'347);
    CHECK(equal[2].paid == 62'703'279);
    CHECK(equal[0].paid + equal[1].paid + equal[2].paid == 313'518'017);
}

TEST_CASE("nobody pays more fee than it is paid, nobody pays twice, and somebody has to pay") {
    CHECK(charge_fee(FeeShare::equal, 10, {{"a", 4, 31}, {"b", 100, 31}}).error() == LedgerError::bad_rule);
    CHECK(charge_fee(FeeShare::pro_rata, 10, {{"a", 4, 31}, {"b", 100, 31}}).value()[0].paid == 4);
    CHECK(charge_fee(FeeShare::equal, 1, {{"a", 4, 31}, {"a", 4, 31}}).error() == LedgerError::bad_rule);
    CHECK(charge_fee(FeeShare::equal, 1, {}).error() == LedgerError::no_weight);
    CHECK(charge_fee(FeeShare::output_size, 1, {{"a", 4, 0}}).error() == LedgerError::no_weight);
    CHECK(charge_fee(FeeShare::equal, 0, {}).value().empty());
}

TEST_CASE("the three ways are named") {
    for (const auto share : {FeeShare::equal, FeeShare::pro_rata, FeeShare::output_size})
        CHECK(parse_fee_share(name_of(share)) == share);
    CHECK(!parse_fee_share("by_luck"));
}

// Payouts without the world: plan, transaction, PSBT, and whether a transaction pays the batch.

#include <algorithm>

#include "fleet/payout/batch.h"
#include "fleet/payout/payment_check.h"
#include "fleet/payout/plan.h"
#include "fleet/payout/psbt.h"
#include "tests/catch.h"

using namespace fleet::payout;

namespace {

Bytes p2wpkh(std::uint8_t fill) {
    Bytes script{0x00, 0x14};
    script.resize(22, fill);
    return script;
}

Transaction two_payees() {
    Transaction transaction;
    transaction.inputs.push_back({{std::string(64, 'a'), 1}, {}, 0xfffffffd, {Bytes(71, 3), Bytes(33, 2)}});
    transaction.outputs = {{p2wpkh(1), 50'000}, {p2wpkh(2), 70'000}, {p2wpkh(9), 879'000}};
    return transaction;
}

ExpectedPayment expected_of(const Transaction& transaction) {
    ExpectedPayment expected;
    expected.outputs = {transaction.outputs[0], transaction.outputs[1]};
    expected.change_script = p2wpkh(9);
    expected.coins = {{transaction.inputs[0].previous, 1'000'000}};
    expected.fee_max_sats = 2'000;
    expected.fee_max_sats_per_vbyte = 50;
    return expected;
}

Bytes little(std::uint64_t value, int bytes) {
    Bytes out;
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    return out;
}

void append(Bytes& out, const Bytes& more) { out.insert(out.end(), more.begin(), more.end()); }

// One global map with the transaction, one map for each input with the output it spends, empty ones for
// outputs.
Bytes psbt_of(const Transaction& transaction, std::int64_t spent_sats) {
    Bytes out{0x70, 0x73, 0x62, 0x74, 0xff, 1, 0x00};
    const auto body = bytes_of(transaction, Witness::without);
    out.push_back(static_cast<std::uint8_t>(body.size()));
    append(out, body);
    out.push_back(0);
    for (std::size_t i = 0; i < transaction.inputs.size(); ++i) {
        append(out, {1, 0x01, 31});
        append(out, little(static_cast<std::uint64_t>(spent_sats), 8));
        out.push_back(22);
        append(out, p2wpkh(7));
        out.push_back(0);
    }
    out.insert(out.end(), transaction.outputs.size(), 0);
    return out;
}

}  // namespace

TEST_CASE("the first block's reward transaction keeps its bytes and has its known txid") {
    const auto bytes = bytes_of_hex(
        "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d010445"
        "54"
        "68652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64"
        "206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b710"
        "5cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac"
        "00000000");
    REQUIRE(bytes);
    const auto transaction = parse_transaction(*bytes);
    REQUIRE(transaction);
    CHECK(txid_of(*transaction) == "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b");
    CHECK(bytes_of(*transaction) == *bytes);
    CHECK(vbytes_of(*transaction) == 204);
}

TEST_CASE("a transaction with a witness keeps its bytes and no prefix of it is one") {
    const auto bytes = bytes_of(two_payees());
    const auto again = parse_transaction(bytes);
    REQUIRE(again);
    CHECK(bytes_of(*again) == bytes);
    CHECK(again->inputs[0].witness.size() == 2);
    for (std::size_t length = 0; length < bytes.size(); ++length)
        CHECK_FALSE(parse_transaction(ByteView(bytes).first(length)));
    auto longer = bytes;
    longer.push_back(0);
    CHECK_FALSE(parse_transaction(longer));
    auto rich = two_payees();
    rich.outputs[0].amount_sats = money_max_sats;
    CHECK_FALSE(parse_transaction(bytes_of(rich)));
}

TEST_CASE("a PSBT tells what it pays and spends, and every cut of it is refused") {
    auto transaction = two_payees();
    transaction.inputs[0].witness.clear();
    const auto bytes = psbt_of(transaction, 1'000'000);
    const auto psbt = parse_psbt(bytes);
    REQUIRE(psbt);
    CHECK(psbt->unsigned_transaction.outputs == transaction.outputs);
    REQUIRE(psbt->spent.size() == 1);
    CHECK(psbt->spent[0] == Output{p2wpkh(7), 1'000'000});
    for (std::size_t length = 0; length < bytes.size(); ++length)
        CHECK_FALSE(parse_psbt(ByteView(bytes).first(length)));
    CHECK(bytes_of_base64(base64_of(bytes)) == bytes);
    CHECK_FALSE(bytes_of_base64(" " + base64_of(bytes).substr(1)));
    CHECK_FALSE(bytes_of_base64("cHNid"));
}

TEST_CASE("a transaction that pays the batch is taken with its fee and change") {
    const auto transaction = two_payees();
    const auto verdict = check_payment(transaction, expected_of(transaction), Signatures::present);
    CHECK(verdict.wrong.empty());
    CHECK(verdict.fee_sats == 1'000);
    CHECK(verdict.change_sats == 879'000);
}

TEST_CASE("every way of paying something else is found") {
    const auto good = two_payees();
    const auto expected = expected_of(good);
    struct Case {
        const char* words;
        void (*spoil)(Transaction&);
    };
    const Case cases[] = {
        {"instead of", [](Transaction& t) { t.outputs[0].amount_sats -= 1; }},
        {"nothing is due", [](Transaction& t) { t.outputs[1].script = p2wpkh(5); }},
        {"does not pay", [](Transaction& t) { t.outputs.erase(t.outputs.begin()); }},
        {"nothing is due", [](Transaction& t) { t.outputs.push_back(t.outputs[0]); }},
        {"nothing is due",
         [](Transaction& t) {
             t.outputs[2].amount_sats -= 1000;
             t.outputs.push_back({p2wpkh(9), 1000});
         }},
        {"did not choose", [](Transaction& t) { t.inputs.push_back(t.inputs[0]); }},
        {"did not choose", [](Transaction& t) { t.inputs[0].previous.index = 0; }},
        {"not signed", [](Transaction& t) { t.inputs[0].witness.clear(); }},
        {"pays more", [](Transaction& t) { t.outputs[2].amount_sats += 1001; }},
        {"fee", [](Transaction& t) { t.outputs[2].amount_sats -= 1001; }},
    };
    for (const auto& [words, spoil] : cases) {
        auto bad = good;
        spoil(bad);
        const auto verdict = check_payment(bad, expected, Signatures::present);
        INFO(words << ": " << verdict.wrong);
        CHECK(verdict.wrong.find(words) != std::string::npos);
    }
    auto cheap = expected;
    cheap.fee_max_sats_per_vbyte = 4;
    CHECK_FALSE(check_payment(good, cheap, Signatures::present).wrong.empty());
    auto no_change = expected;
    no_change.change_script.clear();
    CHECK_FALSE(check_payment(good, no_change, Signatures::present).wrong.empty());
}

TEST_CASE("a plan pays who is due, names why others wait, and adds up whatever the order") {
    std::vector<Candidate> candidates{
        {"user:alice", p2wpkh(1), 300'000, 0, ""},      {"user:bob", p2wpkh(1), 200'000, 0, ""},
        {"user:carol", p2wpkh(3), 99'999, 0, ""},       {"user:dave", {}, 500'000, 0, ""},
        {"user:erin", {0x6a}, 500'000, 0, ""},          {"user:frank", p2wpkh(6), 500'000, 600'000, ""},
        {"user:grace", p2wpkh(7), 500'000, 0, "fraud"}, {"user:heidi", p2wpkh(8), 900'000, 0, ""},
    };
    PlanRules rules;
    rules.payee_max_sats = 400'000;
    do {
        const auto plan = plan_payout(candidates, rules);
        REQUIRE(plan.items.size() == 3);
        CHECK(plan.items[2].amount_sats == 400'000);
        REQUIRE(plan.outputs.size() == 2);
        CHECK(plan.outputs[0] == Output{p2wpkh(1), 500'000});
        CHECK(plan.total_sats == 900'000);
        std::string reasons;
        for (const auto& held : plan.held) reasons += held.party.substr(5) + " " + name_of(held.reason) + ";";
        CHECK(reasons ==
              "carol below_threshold;dave no_address;erin unsupported_script;frank below_threshold;"
              "grace quarantined;");
        std::rotate(candidates.begin(), candidates.begin() + 1, candidates.end());
    } while (candidates[0].party != "user:alice");
}

TEST_CASE("a full batch leaves the smaller ones waiting and never exceeds its caps") {
    std::vector<Candidate> candidates;
    for (int i = 0; i < 50; ++i)
        candidates.push_back(
            {"user:" + std::to_string(i), p2wpkh(static_cast<std::uint8_t>(i)), 100'000 + i, 0, ""});
    PlanRules rules;
    rules.payees_max = 10;
    auto plan = plan_payout(candidates, rules);
    CHECK(plan.items.size() == 10);
    CHECK(plan.held.size() == 40);
    CHECK(plan.total_sats == 10 * 100'000 + 445);
    rules = {};
    rules.batch_max_sats = 250'000;
    plan = plan_payout(candidates, rules);
    CHECK(plan.items.size() == 2);
    CHECK(plan.total_sats <= 250'000);
}

TEST_CASE("a shared network fee is split by the bytes of the outputs to the last satoshi") {
    Bytes taproot{0x51, 0x20};
    taproot.resize(34, 1);
    const std::vector<Output> outputs{{p2wpkh(1), 10'000}, {taproot, 10'000}, {p2wpkh(2), 10'000}};
    const auto shares = fee_shares(outputs, 1'001);
    REQUIRE(shares.size() == 3);
    CHECK(shares[0] + shares[1] + shares[2] == 1'001);
    CHECK(shares[1] > shares[0]);
    CHECK(fee_shares(outputs, 29'500).empty());  // below dust
    CHECK(fee_shares({}, 1).empty());
}

TEST_CASE("a signed batch can neither be built anew nor be abandoned without asking the chain") {
    CHECK(may_follow(BatchState::fully_signed, BatchState::broadcast));
    CHECK_FALSE(may_follow(BatchState::fully_signed, BatchState::abandoned));
    CHECK_FALSE(may_follow(BatchState::broadcast, BatchState::abandoned));
    CHECK_FALSE(may_follow(BatchState::unknown, BatchState::built));
    for (const auto state : batch_states) {
        CHECK_FALSE(may_follow(BatchState::settled, state));
        CHECK_FALSE(may_follow(BatchState::abandoned, state));
        CHECK(parse_batch_state(name_of(state)) == state);
    }
}

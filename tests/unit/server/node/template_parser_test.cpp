#include "server/node/template_parser.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "stratum/coinbase.h"
#include "stratum/merkle.h"
#include "tests/catch.h"
#include "tests/unit/server/node/template_json.h"

using namespace server::node;
using node_test::make_transaction;
using node_test::TemplateJson;
using node_test::with;
using stratum::Network;

namespace {

TemplateJson three_transactions() {
    TemplateJson json;
    json.transactions = {make_transaction(1, true), make_transaction(2, false), make_transaction(3, true)};
    return json;
}

std::string error_of(const std::string& text, Network network = Network::regtest) {
    const auto parsed = parse_template(text, network);
    return parsed ? "taken" : name_of(parsed.error());
}

}  // namespace

TEST_CASE("A healthy template is read with everything a job needs") {
    const auto json = three_transactions();
    const auto parsed = parse_template(json.text(), Network::regtest);
    REQUIRE(parsed.has_value());
    const auto& work = parsed->work;
    CHECK(work.height == 201);
    CHECK(stratum::displayed(work.previous) ==
          "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206");
    CHECK(work.version == 0x20000000);
    CHECK(work.nbits == 0x207fffff);
    CHECK(work.network_target.hex().starts_with("7fffff00"));
    CHECK(work.time == 1700000600);
    CHECK(work.time_min == 1700000000);
    CHECK(work.fees_sats == 3000);
    CHECK(work.coinbase_value_sats == 25LL * 100'000'000 + 3000);
    CHECK(parsed->longpollid == "aa17");
    REQUIRE(work.transactions.size() == 3);
    CHECK(work.transactions[1].txid == work.transactions[1].wtxid);
    CHECK(work.transactions[0].txid != work.transactions[0].wtxid);
    CHECK(work.merkle_branches.size() == 2);
    CHECK(work.witness_commitment.size() == 38);
    CHECK_FALSE(work.early);
}

TEST_CASE("A template without witness needs no commitment, one with witness does") {
    TemplateJson json;
    json.commitment = false;
    json.transactions = {make_transaction(1, false)};
    CHECK(error_of(json.text()) == "taken");
    json.transactions.push_back(make_transaction(2, true));
    CHECK(error_of(json.text()) == "commitment_missing");
}

TEST_CASE("Each lie in a template is refused for its reason") {
    const auto good = three_transactions().text();
    struct Lie {
        std::string text;
        const char* reason;
    };
    const auto commitment = good.find("6a24aa21a9ed");
    REQUIRE(commitment != std::string::npos);
    auto other_commitment = good;
    other_commitment[commitment + 20] = other_commitment[commitment + 20] == '0' ? '1' : '0';
    const Lie lies[] = {
        {"", "not_json"},
        {"null", "not_json"},
        {"[]", "not_json"},
        {"{}", "missing_field"},
        {good.substr(0, good.size() - 1), "not_json"},
        {good.substr(0, good.size() / 2), "not_json"},
        {good + "x", "not_json"},
        {with(good, "\"height\":201", "\"height\":0"), "bad_height"},
        {with(good, "\"height\":201", "\"height\":-1"), "bad_height"},
        {with(good, "\"height\":201", "\"height\":\"201\""), "not_json"},
        {with(good, "\"height\":201", "\"tall\":201"), "missing_field"},
        {with(good, "\"height\":201", "\"height\":6601"), "bad_coinbase_value"},  // 44 halvings later
        {with(good, "\"bits\":\"207fffff\"", "\"bits\":\"ff7fffff\""), "bad_nbits"},
        {with(good, "\"bits\":\"207fffff\"", "\"bits\":\"00000000\""), "bad_nbits"},
        {with(good, "\"bits\":\"207fffff\"", "\"bits\":\"2100ffff\""), "bad_nbits"},
        {with(good, "\"bits\":\"207fffff\"", "\"bits\":\"207ffff\""), "bad_nbits"},
        {with(good, "\"bits\":\"207fffff\"", "\"bits\":\"1d00ffff\",\"target\":\"7f\""), "bad_nbits"},
        {with(good, "\"mintime\":1700000000", "\"mintime\":1700000601"), "bad_time"},
        {with(good, "\"curtime\":1700000600", "\"curtime\":4294967296"), "bad_time"},
        {with(good, "\"coinbasevalue\":2500003000", "\"coinbasevalue\":2999"), "bad_coinbase_value"},
        {with(good, "\"coinbasevalue\":2500003000", "\"coinbasevalue\":2500003001"), "bad_coinbase_value"},
        {with(good, "\"coinbasevalue\":2500003000", "\"coinbasevalue\":-1"), "bad_coinbase_value"},
        {with(good, "\"data\":\"02", "\"data\":\"03"), "txid_mismatch"},
        {with(good, "\"data\":\"02", "\"data\":\"0"), "bad_transaction"},
        {with(good, "\"data\":\"02", "\"data\":\"zz"), "bad_transaction"},
        {with(good, "\"data\":\"02", "\"data\":\"02ff"), "bad_transaction"},
        {with(good, "\"data\"", "\"date\""), "missing_field"},
        {with(good, "\"fee\":1000", "\"fee\":-1"), "bad_fee"},
        {with(good, "\"fee\":1000", "\"fee\":2100000000000001"), "bad_fee"},
        {with(good, "\"weight\":", "\"weight\":1"), "weight_mismatch"},
        {with(good, "01015100000000\"", "01015200000000\""), "wtxid_mismatch"},
        {with(good, "\"!segwit\"", "\"!quantum\""), "unknown_rule"},
        {with(good, "\"!segwit\"", "\"!signet\""), "signature_needed"},
        {with(good, "\"transactions\":[", "\"transactions\":[],\"transactions\":["), "bad_field"},
        {with(good, "\"transactions\":[", "\"transactions\":[7,"), "not_json"},
        {with(good, "\"longpollid\":\"aa17\"", "\"longpollid\":\"" + std::string(257, 'a') + "\""),
         "bad_field"},
        {other_commitment, "commitment_mismatch"},
    };
    for (const auto& [text, reason] : lies) {
        CAPTURE(text.substr(0, 2000));
        CHECK(error_of(text) == reason);
    }
    CHECK(error_of(good) == "taken");
    CHECK(error_of(good, Network::main) == "bad_nbits");
}

TEST_CASE("A template of too many or too heavy transactions is refused") {
    TemplateJson json;
    json.transactions = {make_transaction(1, false, 999'950)};
    CHECK(error_of(json.text()) == "block_too_heavy");
    json.transactions.assign(17'000, make_transaction(1, false, 0));
    CHECK(error_of(json.text()) == "block_too_heavy");
}

TEST_CASE("Long coinbase flags are left out, short ones kept") {
    auto text =
        with(three_transactions().text(), "\"coinbaseaux\":{}", "\"coinbaseaux\":{\"flags\":\"01aa\"}");
    CHECK(parse_template(text, Network::regtest)->work.coinbase_flags == stratum::Bytes{0x01, 0xaa});
    text = with(three_transactions().text(), "\"coinbaseaux\":{}",
                fmt::format("\"coinbaseaux\":{{\"flags\":\"{}\"}}", std::string(34, '0')));
    CHECK(parse_template(text, Network::regtest)->work.coinbase_flags.empty());
}

TEST_CASE("The subsidy halves until nothing is left") {
    CHECK(subsidy_sats(1, Network::main) == 5'000'000'000);
    CHECK(subsidy_sats(209'999, Network::main) == 5'000'000'000);
    CHECK(subsidy_sats(840'000, Network::main) == 312'500'000);
    CHECK(subsidy_sats(6'930'000, Network::main) == 0);
    CHECK(subsidy_sats(210'000 * 64u, Network::main) == 0);
    CHECK(subsidy_sats(149, Network::regtest) == 5'000'000'000);
    CHECK(subsidy_sats(150, Network::regtest) == 2'500'000'000);
}

TEST_CASE("Trailing transactions go when the block would be too heavy, and everything agrees again") {
    auto parsed = parse_template(three_transactions().text(), Network::regtest);
    REQUIRE(parsed.has_value());
    auto offered = *parsed;
    CHECK_FALSE(fit_to_limits(offered, 1000, 4));
    CHECK(offered.work.transactions.size() == 3);

    std::size_t weight = 4 * 83 + 1000;
    for (const auto& tx : offered.work.transactions) weight += tx.weight;
    offered.weight_limit = weight - 1;
    REQUIRE(fit_to_limits(offered, 1000, 4));
    TemplateJson two = three_transactions();
    two.transactions.pop_back();
    const auto expected = parse_template(two.text(), Network::regtest);
    REQUIRE(expected.has_value());
    CHECK(offered.work.transactions.size() == 2);
    CHECK(offered.work.witness_commitment == expected->work.witness_commitment);
    CHECK(offered.work.merkle_branches == expected->work.merkle_branches);
    CHECK(offered.work.coinbase_value_sats == expected->work.coinbase_value_sats);
    CHECK(offered.work.fees_sats == 2000);

    offered.sigop_limit = 8;
    CHECK(fit_to_limits(offered, 1000, 4));
    CHECK(offered.work.transactions.size() == 1);
}

TEST_CASE("Three thousand transactions are read in milliseconds", "[.bench]") {
    TemplateJson json;
    for (std::uint32_t i = 0; i < 3000; ++i)
        json.transactions.push_back(make_transaction(i, i % 2 == 0, 250));
    const auto text = json.text();
    double best_ms = 1e9;
    for (int i = 0; i < 20; ++i) {
        const auto start = std::chrono::steady_clock::now();
        const auto parsed = parse_template(text, Network::regtest);
        const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
        REQUIRE(parsed.has_value());
        best_ms = std::min(best_ms, taken.count());
    }
    WARN(fmt::format("{} bytes of JSON in {:.2f} ms", text.size(), best_ms));
}

#include "server/node/provider_template.h"

#include <algorithm>
#include <functional>

#include "stratum/coinbase.h"
#include "tests/catch.h"
#include "tests/unit/server/node/provided_work.h"
#include "tests/unit/server/node/template_json.h"

using namespace server::node;
using node_test::add_output;
using node_test::ProvidedWork;
using stratum::Bytes;
using stratum::Network;

TEST_CASE("A provider's parts make the template that getblocktemplate would give") {
    const ProvidedWork provided;
    const auto made = make_provider_template(provided.offer, provided.tip, provided.list(), Network::regtest);
    REQUIRE(made.has_value());
    const auto& work = made->work;
    CHECK(work.height == 201);
    CHECK(work.previous == provided.tip.previous);
    CHECK(work.version == 0x20000000);
    CHECK(work.nbits == 0x207fffff);
    CHECK(work.network_target == provided.tip.target);
    CHECK(work.time == 1'700'000'600);
    CHECK(work.coinbase_value_sats == 25LL * 100'000'000 + 3000);
    CHECK(work.fees_sats == 3000);
    CHECK(work.coinbase_flags == Bytes{0});
    REQUIRE(work.origin);
    CHECK(work.origin->template_id == 7);

    // The same block by the other way.
    node_test::TemplateJson json;
    json.transactions = provided.transactions;
    const auto parsed = parse_template(json.text(), Network::regtest);
    REQUIRE(parsed.has_value());
    CHECK(work.merkle_branches == parsed->work.merkle_branches);
    CHECK(work.witness_commitment == parsed->work.witness_commitment);
    REQUIRE(work.transactions.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(work.transactions[i].data == parsed->work.transactions[i].data);
        CHECK(work.transactions[i].txid == parsed->work.transactions[i].txid);
        CHECK(work.transactions[i].wtxid == parsed->work.transactions[i].wtxid);
        CHECK(work.transactions[i].weight == parsed->work.transactions[i].weight);
    }
    const auto parts = stratum::make_coinbase(work, {{work.coinbase_value_sats, Bytes{0x51}}}, "t", 0, 8);
    CHECK(std::search(parts.prefix.begin(), parts.prefix.end(), provided.offer.coinbase_prefix.begin(),
                      provided.offer.coinbase_prefix.end()) == parts.prefix.begin() + 42);
}

TEST_CASE("Every form of the height push is read, and only the shortest") {
    for (const std::uint32_t height :
         {1U, 2U, 16U, 17U, 127U, 128U, 255U, 256U, 32'767U, 32'768U, 8'388'607U, 8'388'608U, 0x7fffffffU}) {
        CAPTURE(height);
        ProvidedWork provided;
        provided.offer.coinbase_prefix = stratum::height_push(height);
        provided.offer.value_remaining_sats =
            static_cast<std::uint64_t>(subsidy_sats(height, Network::regtest));
        const auto made =
            make_provider_template(provided.offer, provided.tip, provided.list(), Network::regtest);
        REQUIRE(made.has_value());
        CHECK(made->work.height == height);
    }
    const Bytes wrong[] = {
        {},     {0},       {1, 0},    {2, 201}, {2, 201, 0, 0},     {3, 201, 0, 0},     {0x4c, 2, 201, 0},
        {1, 5}, {1, 0x80}, {5, 0, 0}, {0x61},   {4, 0, 0, 0, 0x80}, {5, 0, 0, 0, 0, 1},
    };
    for (const auto& prefix : wrong) {
        CAPTURE(stratum::to_hex(prefix));
        ProvidedWork provided;
        provided.offer.coinbase_prefix = prefix;
        // {2, 201, 0, 0} is the height 201 and one byte more, as nodes may have it.
        CHECK(provided.verdict() == (prefix == Bytes{2, 201, 0, 0} ? "taken" : "bad_height"));
    }
}

TEST_CASE("Each lie of a provider is refused for its reason") {
    struct Lie {
        const char* reason;
        std::function<void(ProvidedWork&)> tell;
    };
    const Lie lies[] = {
        {"taken", [](auto&) {}},
        {"merkle_path_mismatch", [](auto& p) { p.offer.merkle_path[1].bytes[0] ^= 1; }},
        {"merkle_path_mismatch", [](auto& p) { p.offer.merkle_path.pop_back(); }},
        {"merkle_path_mismatch", [](auto& p) { p.transactions.pop_back(); }},
        {"merkle_path_mismatch", [](auto& p) { std::swap(p.transactions[0], p.transactions[2]); }},
        {"bad_transaction", [](auto& p) { p.transactions[1].pop_back(); }},
        {"bad_transaction", [](auto& p) { p.transactions[1].push_back(0); }},
        {"bad_transaction", [](auto& p) { p.transactions[1].clear(); }},
        {"too_many_transactions", [](auto& p) { p.transactions.resize(template_transactions_max + 1); }},
        {"block_too_heavy",
         [](auto& p) { p.transactions[1] = node_test::make_transaction(2, false, block_weight_max); }},
        {"commitment_mismatch", [](auto& p) { p.offer.outputs.back() ^= 1; }},
        {"commitment_missing",
         [](auto& p) {
             p.offer.outputs.clear();
             p.offer.outputs_count = 0;
         }},
        {"unknown_output",
         [](auto& p) {
             add_output(p.offer, 0, {0x6a, 1, 7});
         }},
        {"unknown_output", [](auto& p) { add_output(p.offer, 0, {}); }},
        {"unknown_output", [](auto& p) { p.offer.outputs[0] = 1; }},  // the commitment has an amount
        {"bad_field", [](auto& p) { p.offer.outputs_count = 2; }},
        {"bad_field", [](auto& p) { p.offer.outputs_count = 0; }},
        {"bad_field", [](auto& p) { p.offer.outputs.pop_back(); }},
        {"bad_field", [](auto& p) { p.offer.coinbase_prefix.resize(3 + 17, 0x51); }},
        {"bad_coinbase_value", [](auto& p) { p.offer.value_remaining_sats = 25ULL * 100'000'000 - 1; }},
        {"bad_coinbase_value", [](auto& p) { p.offer.value_remaining_sats = UINT64_MAX; }},
        {"bad_nbits", [](auto& p) { p.tip.nbits = 0x207ffffe; }},
        {"bad_nbits", [](auto& p) { p.tip.nbits = 0; }},
        {"bad_time", [](auto& p) { p.tip.time = 0; }},
    };
    for (const auto& lie : lies) {
        CAPTURE(&lie - lies);
        ProvidedWork provided;
        lie.tell(provided);
        CHECK(provided.verdict() == lie.reason);
    }
    CHECK(ProvidedWork().verdict(Network::signet) == "signature_needed");
    CHECK(ProvidedWork().verdict(Network::main) == "bad_nbits");
}

TEST_CASE("A template that had to be shortened is no longer its provider's") {
    const ProvidedWork provided;
    auto made = make_provider_template(provided.offer, provided.tip, provided.list(), Network::regtest);
    REQUIRE(made.has_value());
    CHECK_FALSE(fit_to_limits(*made, 4000, 400));
    CHECK(made->work.origin);
    made->weight_limit = 4400;
    CHECK(fit_to_limits(*made, 4000, 400));
    CHECK_FALSE(made->work.origin);
}

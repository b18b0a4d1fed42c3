#include "server/node/selection.h"

#include "server/node/template_parser.h"
#include "stratum/coinbase.h"
#include "tests/catch.h"
#include "tests/unit/server/node/mined_block.h"

using namespace server::node;
using stratum::Network;
using stratum::Template;

namespace {

constexpr std::uint32_t now = 1'760'000'000;

Template mined_on() {
    Template work;
    work.height = 200;
    work.previous.bytes.fill(7);
    work.version = 0x20000000;
    work.nbits = 0x207fffff;
    work.network_target = *stratum::Uint256::parse_hex("7fffff" + std::string(58, '0'));
    work.time = now;
    work.time_min = now - 600;
    work.coinbase_value_sats = 25LL * 100'000'000;
    work.witness_commitment = stratum::witness_commitment_script({});
    return work;
}

BlockHeader tip_on(const Template& work) {
    auto header = node_test::MinedBlock(work).header;
    header.height = work.height;
    header.confirmations = 1;
    header.median_time = now - 300;
    return header;
}

}  // namespace

TEST_CASE("The highest usable template is chosen, and at equal height the one mined now") {
    CHECK_FALSE(choose({}, {}));
    CHECK_FALSE(choose({{false, 900}, {false, 901}}, 1));
    CHECK(choose({{true, 900}, {true, 901}}, 0) == 1);
    CHECK(choose({{true, 901}, {true, 901}, {true, 901}}, 1) == 1);
    CHECK(choose({{true, 901}, {true, 901}}, std::nullopt) == 0);
    CHECK(choose({{true, 900}, {false, 950}}, 1) == 0);
}

TEST_CASE("An early template follows from the tip and from what was mined until now") {
    const auto work = mined_on();
    const auto tip = tip_on(work);
    const auto early = make_early_template(tip, work, Network::regtest, now);
    REQUIRE(early);
    CHECK(early->early);
    CHECK(early->height == 201);
    CHECK(early->previous == tip.hash);
    CHECK(early->nbits == work.nbits);
    CHECK(early->time_min == now - 299);
    CHECK(early->coinbase_value_sats == subsidy_sats(201, Network::regtest));
    CHECK(early->witness_commitment == stratum::witness_commitment_script({}));
    CHECK(early->merkle_branches.empty());
    CHECK(make_early_template(tip, work, Network::regtest, 1)->time == early->time_min);
}

TEST_CASE("No early template where the next block's rules do not follow") {
    const auto work = mined_on();
    const auto tip = tip_on(work);
    const auto made = [&](auto change, Network network = Network::regtest) {
        auto changed = tip;
        change(changed);
        return make_early_template(changed, work, network, now).has_value();
    };
    CHECK(made([](auto&) {}));
    CHECK_FALSE(made([](auto& header) { header.previous.bytes[0] ^= 1; }));
    CHECK_FALSE(made([](auto& header) { header.height += 1; }));
    CHECK_FALSE(made([](auto& header) { header.confirmations = -1; }));
    CHECK_FALSE(made([](auto& header) { header.hash.bytes[31] ^= 1; }));
    CHECK_FALSE(made([](auto&) {}, Network::test));

    auto boundary = mined_on();
    boundary.height = 2015;
    const auto last = tip_on(boundary);
    CHECK_FALSE(make_early_template(last, boundary, Network::main, now));
    CHECK(make_early_template(last, boundary, Network::regtest, now));
}

TEST_CASE("A tip is believed for its work alone") {
    const auto work = mined_on();
    const auto tip = tip_on(work);
    CHECK(is_believable(tip, nullptr));
    CHECK(is_believable(tip, &work));
    auto harder = work;
    harder.network_target = work.network_target >> 3;
    CHECK_FALSE(is_believable(tip, &harder));
    auto unproven = tip;
    unproven.hash.bytes[0] ^= 1;
    CHECK_FALSE(is_believable(unproven, &work));
}

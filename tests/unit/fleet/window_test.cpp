#include "fleet/ledger/window.h"

#include <limits>

#include "tests/catch.h"
#include "tests/unit/fleet/ledger_examples.h"

using namespace fleet::ledger;
using namespace ledger_examples;

namespace {

// Newest first. The examples give the window N in work itself: network work 1 and N units.
const std::vector<Share> log_of_18000{{"A", 3000}, {"B", 2500}, {"A", 1500},
                                      {"C", 2000}, {"B", 4000}, {"D", 5000}};
const std::vector<Share> log_across_retarget{
    {"A", 1000, 1250}, {"B", 500, 1250}, {"C", 250, 1000}, {"A", 600, 1000}, {"D", 400, 1000}};

}  // namespace

TEST_CASE("PPLNS: the oldest share in the window counts with the part that fits") {
    const auto window = window_over(log_of_18000, window_limit(10'000));
    CHECK(window.full());
    CHECK(*window.cut_weight() == weight_of_hash(1).value() * 1000);
    CHECK(amounts_of(apportion(distributable, window.weights()).value()) ==
          Amounts{{"A", 141'084'202}, {"B", 109'732'157}, {"C", 62'704'089}});
    CHECK(
        amounts_of(apportion_floor(distributable, {{"A", 4500}, {"B", 3500}, {"C", 2000}}, 10'000).value()) ==
        Amounts{{"A", 141'084'201}, {"B", 109'732'156}, {"C", 62'704'089}});
}

TEST_CASE("PPLNS: what other boundary rules would pay is not what we pay") {
    const Weights whole_oldest{{"A", 4500}, {"B", 6500}, {"C", 2000}};
    CHECK(amounts_of(apportion(distributable, whole_oldest).value()) ==
          Amounts{{"A", 108'526'309}, {"B", 156'760'224}, {"C", 48'233'915}});
    const Weights dropped_oldest{{"A", 4500}, {"B", 2500}, {"C", 2000}};
    CHECK(amounts_of(apportion(distributable, dropped_oldest).value()) ==
          Amounts{{"A", 156'760'224}, {"B", 87'089'013}, {"C", 69'671'211}});
}

TEST_CASE("the floor in a hash's weight moves a window's edge by less than network work / 2^112 of it") {
    // 1,000 does not divide 2^112: A and C fall short by a hair and B, whose share is cut, gets it. In exact
    // arithmetic the remainders of A and C tie and A wins; here C does. One satoshi, deterministic, and
    // published with the rule.
    auto log = log_of_18000;
    for (auto& share : log) share.network_work = 1000;
    const auto window = window_over(log, window_limit(10));
    CHECK(window.total() == window_limit(10));
    CHECK(*window.cut_weight() - weight_of_hash(1000).value() * 1000 < 10'000 * 1000);
    CHECK(amounts_of(apportion(distributable, window.weights()).value()) ==
          Amounts{{"A", 141'084'201}, {"B", 109'732'157}, {"C", 62'704'090}});
}

TEST_CASE("an under-filled window is shared among what is there") {
    const auto window = window_over(log_of_18000, window_limit(20'000));
    CHECK(!window.full());
    CHECK(!window.cut_weight());
    CHECK(window.total() == weight_of_hash(1).value() * 18'000);
    CHECK(amounts_of(apportion(distributable, window.weights()).value()) ==
          Amounts{{"A", 78'380'112}, {"B", 113'215'718}, {"C", 34'835'605}, {"D", 87'089'013}});
}

TEST_CASE("units across a retarget: each share is measured by the network work of its own job") {
    const auto window = window_over(log_across_retarget, window_limit(2));
    CHECK(window.full());
    CHECK(amounts_of(apportion(distributable, window.weights()).value()) ==
          Amounts{{"A", 211'626'302}, {"B", 62'704'090}, {"C", 39'190'056}});
    // Twice the current difficulty over raw work, as a simple pool would do, pays D and takes it from the
    // others.
    auto raw = log_across_retarget;
    for (auto& share : raw) share.network_work = 1250;
    CHECK(amounts_of(apportion(distributable, window_over(raw, window_limit(2)).weights()).value()) ==
          Amounts{{"A", 200'653'087}, {"B", 62'704'089}, {"C", 31'352'045}, {"D", 18'811'227}});
}

TEST_CASE("shares behind a full window change nothing") {
    auto window = window_over(log_of_18000, window_limit(10'000));
    const auto before = window.weights();
    CHECK(window.add_share("E", 1, weight_of_hash(1).value()).value() == Window::Taken::none);
    CHECK(window.weights() == before);
}

TEST_CASE("a share heavier than the window fills it alone") {
    // On a test chain the network's work may be far below a share's.
    const auto window = window_over({{"A", 1ULL << 40, 2}, {"B", 1, 2}}, window_limit(8));
    CHECK(window.weights() == Weights{{"A", window_limit(8)}});
    CHECK(*window.cut_weight() == window_limit(8));
}

TEST_CASE("a run is taken whole or not at all") {
    Window window(window_limit(1));
    const Integer hash_weight = weight_of_hash(1000).value();
    CHECK(window.add_run("A", 600, hash_weight).value() == Window::Taken::whole);
    CHECK(window.add_run("B", 401, hash_weight).value() == Window::Taken::none);
    CHECK(window.weights() == Weights{{"A", hash_weight * 600}});
}

TEST_CASE("weights that do not fit 256 bits are refused") {
    CHECK(weight_of_hash(0).error() == LedgerError::no_network_work);
    Window window(window_limit(8));
    CHECK(window.add_share("A", std::numeric_limits<Integer>::max(), weight_of_hash(1).value()).error() ==
          LedgerError::overflow);
    CHECK(window.total() == 0);
    CHECK(window.weights().empty());
}

TEST_CASE("work is floor(2^256 / (target + 1)), exactly") {
    const Integer greatest = std::numeric_limits<Integer>::max();
    CHECK(work_of_target(greatest) == 1);
    CHECK(work_of_target(greatest >> 1) == 2);
    CHECK(work_of_target(Integer(0xffff) << 208) == 4'295'032'833ULL);  // difficulty 1
    CHECK(work_of_target(1) == Integer(1) << 255);
    CHECK(work_of_target(2) == greatest / 3);
    CHECK(work_of_target(greatest - 1) == 1);
}

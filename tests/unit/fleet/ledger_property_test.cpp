// Properties of windows and apportionment over random logs. The seed is printed with a failure.

#include <algorithm>
#include <random>

#include "tests/catch.h"
#include "tests/unit/fleet/ledger_examples.h"

using namespace fleet::ledger;
using namespace ledger_examples;

namespace {

using Random = std::mt19937_64;

std::uint64_t below(Random& random, std::uint64_t bound) { return random() % bound; }

Weights random_weights(Random& random) {
    Weights weights;
    const auto accounts = 1 + below(random, 40);
    const auto bits = 1 + below(random, 120);
    for (std::uint64_t i = 0; i < accounts; ++i) {
        const Integer wide = (Integer(random()) << 64) | random();
        weights["account" + std::to_string(below(random, 1000))] += wide >> static_cast<unsigned>(128 - bits);
    }
    weights["one"] += 1;
    return weights;
}

// Newest first, with a retarget every few shares.
std::vector<Share> random_log(Random& random, std::size_t shares) {
    std::vector<Share> log;
    std::uint64_t network_work = 1000 + below(random, 1'000'000);
    for (std::size_t i = 0; i < shares; ++i) {
        if (below(random, 7) == 0) network_work = 1000 + below(random, 1'000'000);
        log.push_back({std::string(1, static_cast<char>('a' + below(random, 9))), 1 + below(random, 1 << 20),
                       network_work});
    }
    return log;
}

struct Run {
    std::vector<Share> shares;
    Integer weight = 0;
};

// Cuts a log into runs of one network work and at most `longest` shares, as the importer cuts slices.
std::vector<Run> runs_of(const std::vector<Share>& log, std::size_t longest) {
    std::vector<Run> runs;
    for (const auto& share : log) {
        if (runs.empty() || runs.back().shares.size() == longest ||
            runs.back().shares.back().network_work != share.network_work)
            runs.emplace_back();
        runs.back().shares.push_back(share);
        runs.back().weight += share.work * weight_of_hash(share.network_work).value();
    }
    return runs;
}

// Runs that fit are summed by account first; the one at the edge goes share by share.
Window window_over_runs(const std::vector<Run>& runs, const Integer& limit) {
    Window window(limit);
    for (const auto& run : runs) {
        const auto hash_weight = weight_of_hash(run.shares.front().network_work).value();
        if (run.weight <= window.room()) {
            Weights work;
            for (const auto& share : run.shares) work[share.account] += share.work;
            for (const auto& [account, sum] : work)
                REQUIRE(window.add_run(account, sum, hash_weight).value() == Window::Taken::whole);
        } else {
            for (const auto& share : run.shares)
                static_cast<void>(window.add_share(share.account, share.work, hash_weight).value());
        }
    }
    return window;
}

}  // namespace

TEST_CASE("amounts add up exactly and none is a unit away from its exact part") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    Random random(seed);
    for (int round = 0; round < 300; ++round) {
        const auto weights = random_weights(random);
        const Integer amount = Integer(random()) >> static_cast<unsigned>(below(random, 64));
        const auto sum = sum_of(weights).value();
        const auto lines = apportion(amount, weights).value();
        Integer paid = 0;
        for (const auto& line : lines) {
            paid += line.amount;
            REQUIRE(line.floor * sum + line.remainder == amount * line.weight);
            REQUIRE(line.remainder < sum);
            REQUIRE(line.amount == line.floor + line.extra);
            REQUIRE((line.extra == 0 || line.remainder > 0));
        }
        REQUIRE(paid == amount);
    }
}

TEST_CASE("the order of shares inside a window that holds them all does not matter") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    Random random(seed);
    auto log = random_log(random, 200);
    // At most five units of network work each: 200 of them fit in the widest window, which holds 1,024.
    for (auto& share : log) share.work = std::min(share.work, 5 * share.network_work);
    const auto limit = window_limit(window_factor_max);
    const auto before = window_over(log, limit);
    REQUIRE(!before.full());
    std::shuffle(log.begin(), log.end(), random);
    CHECK(window_over(log, limit).weights() == before.weights());
}

TEST_CASE("splitting a share into smaller ones changes no payment") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    Random random(seed);
    for (int round = 0; round < 50; ++round) {
        const auto log = random_log(random, 60);
        std::vector<Share> split;
        for (const auto& share : log) {
            const auto part = below(random, share.work + 1);
            split.push_back({share.account, part, share.network_work});
            split.push_back({share.account, share.work - part, share.network_work});
        }
        const auto limit = window_limit(1 + static_cast<unsigned>(below(random, 20)));
        // Parts of zero leave no trace but an account with nothing.
        CHECK(amounts_of(apportion(distributable, window_over(split, limit).weights()).value()) ==
              amounts_of(apportion(distributable, window_over(log, limit).weights()).value()));
    }
}

TEST_CASE("a window from slices equals the window from the raw log") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    Random random(seed);
    for (int round = 0; round < 100; ++round) {
        const auto log = random_log(random, 120);
        const auto limit = window_limit(1 + static_cast<unsigned>(below(random, 60)));
        const auto raw = window_over(log, limit);
        const auto sliced = window_over_runs(runs_of(log, 1 + below(random, 20)), limit);
        CHECK(sliced.weights() == raw.weights());
        CHECK(sliced.cut_weight() == raw.cut_weight());
    }
}

TEST_CASE("a retarget at any position keeps older shares' weight and the window's limit") {
    for (std::size_t at = 0; at <= 20; ++at) {
        std::vector<Share> log;
        for (std::size_t i = 0; i < 20; ++i)
            log.push_back({i % 3 == 0 ? "a" : "b", 1000, i < at ? 4000ULL : 1000ULL});
        const auto window = window_over(log, window_limit(8));
        CHECK(window.total() <= window.limit());
        Weights expected;
        Integer room = window.limit();
        for (const auto& share : log) {
            const Integer weight =
                std::min<Integer>(share.work * weight_of_hash(share.network_work).value(), room);
            if (room == 0) break;
            expected[share.account] += weight;
            room -= weight;
        }
        CHECK(window.weights() == expected);
    }
}

// The retarget rule against Poisson arrivals in virtual time: how fast it settles and how seldom it changes
// without need.

#include "stratum/vardiff.h"
#include "tests/catch.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>

using namespace stratum;
using namespace std::chrono_literals;

namespace {

using Instant = Vardiff::Instant;
constexpr Instant start{1h};

Difficulty power(int bits) { return *Difficulty::whole(std::uint64_t{1} << bits); }

// A machine that finds `rate` shares a minute at difficulty 1; timers every ten seconds.
struct Machine {
    double rate;
    std::mt19937_64 random;
    Vardiff vardiff;
    VardiffSettings settings;
    Instant now = start;
    Instant timer_at = start + 10s;
    std::uint64_t changes = 0;
    std::uint64_t shares = 0;

    Machine(double shares_per_minute, Difficulty first, unsigned seed)
        : rate(shares_per_minute), random(seed) {
        vardiff.start(first, now);
    }
    double shares_per_minute() const { return rate / vardiff.current().approximate(); }
    void run(std::chrono::seconds time) {
        const auto end = now + time;
        while (now < end) {
            std::exponential_distribution<double> wait(shares_per_minute() / 60);
            const auto seconds = std::min(wait(random), 1e6);
            const auto share_at =
                now + std::chrono::duration_cast<Instant::duration>(std::chrono::duration<double>(seconds));
            now = std::min({share_at, timer_at, end});
            if (now == timer_at) {
                timer_at += 10s;
                changes += vardiff.on_timer(settings, now).has_value();
            } else if (now == share_at) {
                ++shares;
                changes += vardiff.on_share(settings, now).has_value();
            }
        }
    }
    bool settled() const {
        const auto wobble = shares_per_minute() / settings.shares_per_minute;
        return wobble > 1 / 2.5 && wobble < 2.5;
    }
};

}  // namespace

TEST_CASE("A channel that starts a million times too low or high is settled within minutes") {
    double slowest_up = 0, slowest_down = 0;
    std::uint64_t most_shares = 0;
    for (unsigned seed = 0; seed < 50; ++seed)
        for (const int off : {-20, -10, -6, 6, 10, 20}) {
            Machine machine(18.0 * std::exp2(24), power(24 + off), seed);
            while (!machine.settled() && machine.now < start + 24h) machine.run(5s);
            const auto seconds = std::chrono::duration<double>(machine.now - start).count();
            auto& slowest = off < 0 ? slowest_up : slowest_down;
            slowest = std::max(slowest, seconds);
            most_shares = std::max(most_shares, machine.shares);
        }
    std::printf("vardiff settles upwards within %.0f s and %llu shares, downwards within %.0f s\n",
                slowest_up, static_cast<unsigned long long>(most_shares), slowest_down);
    CHECK(slowest_up <= 120);
    CHECK(slowest_down <= 900);
    CHECK(most_shares < 500);
}

TEST_CASE("A steady channel is seldom retargeted") {
    std::uint64_t changes = 0;
    double hours = 0;
    for (unsigned seed = 0; seed < 40; ++seed) {
        // Where a power of two leaves it: up to a factor of 1.42 on both sides of the wanted rate.
        Machine machine(18.0 * std::exp2(20 + (seed % 9 - 4.0) / 8), power(20), seed);
        machine.run(8h);
        changes += machine.changes;
        hours += 8;
        CHECK(machine.settled());
    }
    std::printf("vardiff changes a steady channel %.3f times an hour\n",
                static_cast<double>(changes) / hours);
    CHECK(static_cast<double>(changes) / hours < 0.25);
}

TEST_CASE("A burst is answered after sixteen shares and not by a wait for the timer") {
    Vardiff vardiff;
    const VardiffSettings settings;
    vardiff.start(power(0), start);
    std::optional<Difficulty> next;
    int shares = 0;
    for (auto now = start; !next; now += 1ms) {
        next = vardiff.on_share(settings, now);
        REQUIRE(++shares <= 16);
    }
    CHECK(*next >= power(8));
}

TEST_CASE("A silent channel is lowered step by step to its bound and no further") {
    Vardiff vardiff;
    const VardiffSettings settings;
    vardiff.bound(power(3), power(40));
    vardiff.start(power(20), start);
    for (auto now = start; now < start + 2h; now += 10s) {
        const auto before = vardiff.current();
        const auto next = vardiff.on_timer(settings, now);
        if (next) CHECK(*next < before);
    }
    CHECK(vardiff.current() == power(3));
}

TEST_CASE("A fixed or disabled channel is never changed") {
    VardiffSettings settings;
    Vardiff vardiff;
    SECTION("fixed") { vardiff.fix(power(5), start); }
    SECTION("disabled") {
        vardiff.start(power(5), start);
        settings.enabled = false;
    }
    for (auto now = start; now < start + 1h; now += 1s) {
        for (int i = 0; i < 20; ++i) CHECK_FALSE(vardiff.on_share(settings, now));
        CHECK_FALSE(vardiff.on_timer(settings, now));
    }
}

TEST_CASE("No change leaves the bounds") {
    Vardiff vardiff;
    const VardiffSettings settings;
    vardiff.bound(*Difficulty::whole(1000), *Difficulty::whole(3000));
    vardiff.start(*Difficulty::whole(2000), start);
    for (int i = 0; i < 1000; ++i)
        static_cast<void>(vardiff.on_share(settings, start + std::chrono::milliseconds(i)));
    CHECK(vardiff.current() == *Difficulty::whole(3000));
    for (auto now = start; now < start + 1h; now += 10s) static_cast<void>(vardiff.on_timer(settings, now));
    CHECK(vardiff.current() == *Difficulty::whole(1000));
    vardiff.bound(*Difficulty::whole(5000), *Difficulty::whole(10));  // a least above the most wins
    CHECK(vardiff.clamp(power(0)) == *Difficulty::whole(5000));
    CHECK(vardiff.clamp(power(60)) == *Difficulty::whole(5000));
}

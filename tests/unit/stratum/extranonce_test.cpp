#include "stratum/extranonce.h"

#include "tests/catch.h"

#include <random>
#include <set>

using namespace stratum;
using namespace std::chrono_literals;

namespace {
constexpr std::uint32_t all = 1u << 24;
const PrefixAllocator::Instant start{1h};
}  // namespace

TEST_CASE("A prefix under which nothing was credited needs no rest") {
    PrefixAllocator prefixes(1, 0, 2);
    for (int i = 0; i < 10; ++i) {
        const auto first = prefixes.allocate(start);
        const auto second = prefixes.allocate(start);
        REQUIRE((first && second));
        CHECK_FALSE(prefixes.allocate(start));
        prefixes.release_unproved(*first);
        prefixes.release_unproved(*second);
        CHECK(prefixes.taken() == 0);
    }
}

TEST_CASE("A prefix carries its shard and reads as hex in order") {
    PrefixAllocator prefixes(0xab, 0x010203);
    CHECK(prefixes.allocate(start) == Prefix{0xab010203});
    CHECK(bytes_of(0xab010203) == std::array<std::uint8_t, 4>{0xab, 0x01, 0x02, 0x03});
    CHECK(prefixes.allocate(start) == Prefix{0xab010204});
}

TEST_CASE("A released prefix rests until the jobs it worked on are gone") {
    PrefixAllocator prefixes(1, all - 1);
    const auto prefix = *prefixes.allocate(start);
    prefixes.release(prefix, start);
    CHECK_FALSE(prefixes.claim(prefix, start));
    CHECK_FALSE(prefixes.claim(prefix, start + job_kept_for - 1s));
    CHECK(prefixes.taken() == 1);
    CHECK(prefixes.claim(prefix, start + job_kept_for));
    CHECK_FALSE(prefixes.claim(prefix, start + 24h));  // live
}

TEST_CASE("Only a free prefix of this shard can be claimed and then nobody else gets it") {
    PrefixAllocator prefixes(1, 5);
    CHECK_FALSE(prefixes.claim(0x02000005, start));
    CHECK(prefixes.claim(0x01000005, start));
    CHECK_FALSE(prefixes.claim(0x01000005, start));
    CHECK(prefixes.allocate(start) == Prefix{0x01000006});
}

TEST_CASE("When all prefixes are taken the next is refused and the first to end its rest is given again") {
    PrefixAllocator prefixes(3, 12'345);
    for (std::uint32_t i = 0; i < all; ++i)
        if (!prefixes.allocate(start)) FAIL("refused at " << i);
    CHECK_FALSE(prefixes.allocate(start));
    prefixes.release(0x03000007, start);
    prefixes.release(0x03ffffff, start + 1s);
    CHECK_FALSE(prefixes.allocate(start + 5min));
    CHECK(prefixes.allocate(start + job_kept_for) == Prefix{0x03000007});
    CHECK_FALSE(prefixes.allocate(start + job_kept_for));
    CHECK(prefixes.allocate(start + job_kept_for + 1s) == Prefix{0x03ffffff});
}

TEST_CASE("An allocator of few prefixes gives those and no others") {
    PrefixAllocator prefixes(1, 10, 3);
    CHECK(prefixes.allocate(start) == Prefix{0x01000001});
    CHECK(prefixes.allocate(start) == Prefix{0x01000002});
    CHECK_FALSE(prefixes.claim(0x01000003, start));
    CHECK(prefixes.allocate(start) == Prefix{0x01000000});
    CHECK_FALSE(prefixes.allocate(start));
}

TEST_CASE("No two live channels share a prefix through random comings and goings") {
    std::mt19937 random(3);
    PrefixAllocator prefixes(0, 0);
    std::vector<Prefix> live;
    std::set<Prefix> unavailable;
    std::vector<std::pair<PrefixAllocator::Instant, Prefix>> resting;
    auto now = start;
    for (int step = 0; step < 20'000; ++step) {
        now += std::chrono::seconds(random() % 3);
        std::erase_if(resting, [&](const auto& rest) {
            if (rest.first + job_kept_for > now) return false;
            unavailable.erase(rest.second);
            return true;
        });
        if (random() % 2 == 0 || live.empty()) {
            const auto wanted = static_cast<Prefix>(random() % 3000);
            if (random() % 4 == 0) {
                const bool free = !unavailable.contains(wanted);
                REQUIRE(prefixes.claim(wanted, now) == free);
                if (!free) continue;
                live.push_back(wanted);
            } else {
                live.push_back(*prefixes.allocate(now));
            }
            REQUIRE(unavailable.insert(live.back()).second);
        } else {
            std::swap(live[random() % live.size()], live.back());
            prefixes.release(live.back(), now);
            resting.emplace_back(now, live.back());
            live.pop_back();
        }
    }
}

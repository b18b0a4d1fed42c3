#include "stratum/duplicates.h"

#include "tests/catch.h"

#include <random>
#include <set>

using namespace stratum;

namespace {

Hash256 hash_of_key(std::uint64_t key, std::uint8_t end = 0) {
    Hash256 hash;
    store_le64(hash.bytes.data(), key);
    hash.bytes[31] = end;
    return hash;
}

}  // namespace

TEST_CASE("A table of shares knows what it has seen while it grows") {
    std::mt19937_64 random(7);
    Duplicates table;
    std::set<std::uint64_t> known;
    for (int i = 0; i < 50'000; ++i) {
        const auto key = random() % 2 == 0 ? random() : random() % 1000 + 1;
        const bool fresh = known.insert(key).second;
        REQUIRE(table.insert(hash_of_key(key)) ==
                (fresh ? Duplicates::Result::added : Duplicates::Result::seen));
    }
    CHECK(table.size() == known.size());
    for (const auto key : known) REQUIRE(table.insert(hash_of_key(key)) == Duplicates::Result::seen);
}

TEST_CASE("A key of zeros is a key") {
    Duplicates table;
    CHECK(table.insert(hash_of_key(0)) == Duplicates::Result::added);
    CHECK(table.insert(hash_of_key(0)) == Duplicates::Result::seen);
}

TEST_CASE("A full table takes no more and stays bounded") {
    Duplicates table;
    for (std::uint64_t key = 1; key <= duplicates_per_job_max; ++key)
        REQUIRE(table.insert(hash_of_key(key)) == Duplicates::Result::added);
    for (std::uint64_t key = 1; key < 100; ++key)
        CHECK(table.insert(hash_of_key(duplicates_per_job_max + key)) == Duplicates::Result::full);
    CHECK(table.size() == duplicates_per_job_max);
}

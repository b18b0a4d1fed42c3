#include "stratum/merkle.h"

#include "stratum/sha256.h"
#include "tests/catch.h"

using namespace stratum;

namespace {

Hash256 hash_of(const char* text) {
    const auto hash = parse_displayed(text);
    REQUIRE(hash);
    return *hash;
}

std::vector<Hash256> numbered_leaves(std::size_t count) {
    std::vector<Hash256> leaves;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint8_t number = static_cast<std::uint8_t>(i);
        leaves.push_back(sha256d({&number, 1}));
    }
    return leaves;
}

}  // namespace

TEST_CASE("No leaf has no root and no branch") {
    CHECK(merkle_root_of({}) == Hash256{});
    CHECK(merkle_branches_of({}).empty());
}

TEST_CASE("The merkle roots of known main network blocks come out") {
    // Block 170, the first payment; block 100000, four transactions.
    CHECK(displayed(merkle_root_of(
              {hash_of("b1fea52486ce0c62bb442b530a3f0132b826c74e473d1f2c220bfa78111c5082"),
               hash_of("f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16")})) ==
          "7dac2c5666815c17a3b36427de37bb9d2e2c5ccec3f8633eb91a4205cb4c10ff");
    CHECK(displayed(merkle_root_of(
              {hash_of("8c14f0db3df150123e6f3dbbf30f8b955a8249b62ac1d1ff16284aefa3d06d87"),
               hash_of("fff2525b8931402dd09222c50775608f75787bd2b87e56995a7bdd30f79702c4"),
               hash_of("6359f0868171b1d194cbee1af2f16ea598ae8fad666d9b012c8ed2b79a236ec4"),
               hash_of("e9a66845e05d5abc0ad04ec80f774a7e585c6e8db975962d069a522137b80c1d")})) ==
          "f3e94742aca4b5ef85488dc37c06c3282295ffec960994b2c0d5ac2a25a95766");
}

TEST_CASE("Branches fold a coinbase to the same root as the whole tree for every size") {
    for (std::size_t count = 1; count <= 41; ++count) {
        const auto leaves = numbered_leaves(count);
        const auto branches = merkle_branches_of(std::span(leaves).subspan(1));
        CAPTURE(count);
        CHECK(merkle_root_from_branches(leaves[0], branches) == merkle_root_of(leaves));
    }
}

TEST_CASE("Three thousand transactions need twelve branches") {
    CHECK(merkle_branches_of(std::vector<Hash256>(3000)).size() == 12);
    CHECK(merkle_branches_of(std::vector<Hash256>(1)).size() == 1);
}

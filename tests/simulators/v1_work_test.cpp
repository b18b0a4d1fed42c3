// The simulators' own Stratum V1 work against a published share, and against the server's code for the same
// thing.

#include "tests/simulators/v1_work.h"
#include "stratum/merkle.h"
#include "stratum/sha256.h"
#include "stratum/target.h"
#include "tests/catch.h"

#include <algorithm>

using namespace simulators;

namespace {

// The example of Slush's first description of the protocol (2012).
const std::string example =
    R"({"params": ["bf", "4d16b6f85af6e2198f44ae2a6de67f78487ae5611b77c6c0440b921e00000000", )"
    R"("01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff20020862062f50)"
    R"(3253482f04b8864e5008", )"
    R"("072f736c7573682f000000000100f2052a010000001976a914d23fcdf86f7e756a64a7a9688ef990)"
    R"(3327048ed988ac00000000", [], )"
    R"("00000002", "1c2ac4af", "504e86b9", false], "id": null, "method": "mining.notify"})";

std::string with(std::string line, const std::string& from, const std::string& to) {
    return line.replace(line.find(from), from.size(), to);
}

}  // namespace

TEST_CASE("Lines that are no jobs are refused") {
    CHECK_FALSE(parse_notify(""));
    CHECK_FALSE(parse_notify("{}"));
    CHECK_FALSE(parse_notify("[1,2]"));
    CHECK_FALSE(parse_notify(R"({"method":"mining.notify","params":[]})"));
    CHECK_FALSE(parse_notify(with(example, "mining.notify", "mining.other")));
    CHECK_FALSE(parse_notify(with(example, "\"4d16", "\"4d1")));
    CHECK_FALSE(parse_notify(with(example, "\"00000002\"", "\"2\"")));
    CHECK_FALSE(parse_notify(with(example, "[]", "[\"00\"]")));
    CHECK_FALSE(parse_notify(with(example, "false", "\"false\"")));
}

TEST_CASE("The share of the protocol's first description hashes as published") {
    const auto job = parse_notify(example);
    REQUIRE(job);
    const auto extranonce = stratum::parse_hex("0800000200000001");
    REQUIRE(extranonce);
    const auto header =
        make_header(*job, merkle_root(*job, *extranonce), job->version, 0x504e86ed, 0xb2957c02);
    const Hash256 hash = sha256d_openssl(header);
    CHECK(stratum::displayed(hash) == "000000002076870fe65a2b6eeed84fa892c0db924f1482243a6247d931dcab32");
    CHECK(value_of(hash) <= target_of_difficulty(1));
    CHECK(value_of(hash) > target_of_difficulty(8));
}

TEST_CASE("Both codes agree on hashes, roots and targets") {
    auto job = *parse_notify(example);
    for (std::uint8_t i = 0; i < 12; ++i) {
        Hash256 branch;
        branch.bytes.fill(i);
        job.branches.push_back(branch);
        const stratum::Bytes extranonce(12, i);
        stratum::Bytes coinbase = job.coinbase_prefix;
        coinbase.insert(coinbase.end(), extranonce.begin(), extranonce.end());
        coinbase.insert(coinbase.end(), job.coinbase_suffix.begin(), job.coinbase_suffix.end());
        CHECK(merkle_root(job, extranonce) ==
              stratum::merkle_root_from_branches(stratum::sha256d(coinbase), job.branches));
    }
    for (const std::uint32_t nbits : {0x207fffffU, 0x1d00ffffU, 0x1703a30cU}) {
        const double ours = target_of_nbits(nbits);
        CHECK(ours == Catch::Approx(stratum::target_of_nbits(nbits)->approximate()).epsilon(1e-12));
    }
    CHECK(target_of_difficulty(0x1p-32) ==
          Catch::Approx(stratum::Difficulty::fraction(32)->target().approximate()).epsilon(1e-12));
}

TEST_CASE("Shares are distinct, meet the target, and heed the wish about blocks") {
    auto job = *parse_notify(example);
    job.nbits = 0x207fffff;  // every second hash is a block
    const WorkSeat seat{.prefix = {8, 0, 0, 2},
                        .rest_bytes = 8,
                        .target = target_of_difficulty(0x1p-32),
                        .version_mask = 0x1fffe000};
    for (const BlockWish wish : {BlockWish::avoid, BlockWish::only}) {
        ShareMaker maker(job, seat, wish, 7);
        std::vector<std::string> seen;
        for (int i = 0; i < 200; ++i) {
            const auto share = maker.next(1000);
            REQUIRE(share);
            CHECK((value_of(share->hash) <= target_of_nbits(job.nbits)) == (wish == BlockWish::only));
            CHECK((share->version & ~seat.version_mask) == (job.version & ~seat.version_mask));
            CHECK(share->rest.size() == 8);
            seen.push_back(stratum::displayed(share->hash));
        }
        std::sort(seen.begin(), seen.end());
        CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
    }
    ShareMaker hopeless(
        job, {.prefix = {1}, .rest_bytes = 4, .target = target_of_difficulty(1e12), .version_mask = 0},
        BlockWish::any, 1);
    CHECK_FALSE(hopeless.next(100));
}

TEST_CASE("A ready root stands for the coinbase and its branches") {
    auto job = *parse_notify(example);
    const Hash256 root = merkle_root(job, stratum::Bytes(12, 1));
    job.coinbase_prefix.clear();
    job.root = root;
    CHECK(merkle_root(job, {}) == root);
}

TEST_CASE("A submission carries the sixth parameter only after version rolling was granted") {
    FoundShare share;
    share.rest = {0, 0, 0, 1};
    share.ntime = 0x504e86ed;
    share.nonce = 0xb2957c02;
    share.version = 0x20002002;
    CHECK(submit_line({.id = 4, .worker = "a.b", .job = "bf", .version_mask = 0}, share) ==
          R"({"id":4,"method":"mining.submit","params":["a.b","bf","00000001","504e86ed","b2957c02"]})"
          "\n");
    CHECK(submit_line({.id = 5, .worker = "a.b", .job = "bf", .version_mask = 0x1fffe000}, share) ==
          R"({"id":5,"method":"mining.submit","params":["a.b","bf","00000001","504e86ed","b2957c02",)"
          R"("00002000"]})"
          "\n");
}

// Header hashes in batches against a plain recomputation from the wire's parts.

#include "stratum/share_hash.h"
#include "tests/catch.h"

#include <random>

#include "stratum/merkle.h"
#include "tests/unit/stratum/templates.h"

using namespace stratum;

namespace {

Bytes random_bytes(std::mt19937& random, std::size_t size) {
    Bytes out(size);
    for (auto& byte : out) byte = static_cast<std::uint8_t>(random());
    return out;
}

JobPtr random_job(std::mt19937& random, std::uint64_t number) {
    auto work = std::make_shared<Template>();
    work->number = number;
    work->height = static_cast<std::uint32_t>(random() % 1'000'000);
    work->nbits = 0x1d00ffff;
    work->version = 0x20000000;
    work->coinbase_value_sats = 1;
    const auto branches = random() % 21;
    for (std::size_t i = 0; i < branches; ++i) {
        Hash256 branch;
        for (auto& byte : branch.bytes) byte = static_cast<std::uint8_t>(random());
        work->merkle_branches.push_back(branch);
    }
    work->previous.bytes.fill(static_cast<std::uint8_t>(random()));
    // The suffix's size is set by the commitment's: up to beyond what is hashed in pairs.
    work->witness_commitment =
        random_bytes(random, random() % 3 == 0 ? random() % 6000 + 1 : random() % 200 + 1);
    work->coinbase_flags = random_bytes(random, random() % 17);
    return std::make_shared<const Job>(
        work, CoinbasePlan{std::string(random() % 41, 't'), Bytes(22, 1), 0x1fffe000}, SizeClass::small, 0);
}

HeaderInput random_input(std::mt19937& random, const Job& job) {
    HeaderInput input;
    input.job = &job;
    input.extranonce_size = 12;
    for (auto& byte : input.extranonce) byte = static_cast<std::uint8_t>(random());
    input.version = static_cast<std::uint32_t>(random());
    input.ntime = static_cast<std::uint32_t>(random());
    input.nonce = static_cast<std::uint32_t>(random());
    return input;
}

// As BIP141 and the header's layout say, one hash at a time.
Hash256 naive(const HeaderInput& input) {
    Bytes coinbase = input.job->coinbase().prefix;
    coinbase.insert(coinbase.end(), input.extranonce.begin(),
                    input.extranonce.begin() + input.extranonce_size);
    coinbase.insert(coinbase.end(), input.job->coinbase().suffix.begin(), input.job->coinbase().suffix.end());
    auto root = sha256(sha256(coinbase).bytes);
    for (const auto& branch : input.job->work().merkle_branches) {
        Bytes joined(root.bytes.begin(), root.bytes.end());
        joined.insert(joined.end(), branch.bytes.begin(), branch.bytes.end());
        root = sha256(sha256(joined).bytes);
    }
    Bytes header;
    ByteWriter out(header);
    out.le32(input.version);
    out.bytes(input.job->work().previous.bytes);
    out.bytes(root.bytes);
    out.le32(input.ntime);
    out.le32(input.job->work().nbits);
    out.le32(input.nonce);
    return sha256(sha256(header).bytes);
}

}  // namespace

TEST_CASE("Batches of any mixture hash to what each header hashes to alone") {
    for (const bool portable : {true, false}) {
        sha256_use_portable(portable);
        INFO(sha256_backend());
        std::mt19937 random(99);
        for (std::uint64_t round = 0; round < 60; ++round) {
            std::vector<JobPtr> jobs;
            for (std::uint64_t i = 0; i < 4; ++i) jobs.push_back(random_job(random, round * 4 + i + 1));
            std::vector<HeaderInput> inputs;
            for (std::size_t i = random() % 12; i > 0; --i)
                inputs.push_back(random_input(random, *jobs[random() % (random() % 2 == 0 ? 4 : 1)]));
            std::vector<Hash256> hashes(inputs.size());
            hash_headers(inputs, hashes);
            for (std::size_t i = 0; i < inputs.size(); ++i) {
                REQUIRE(hashes[i] == naive(inputs[i]));
                const auto coinbase = sha256d(coinbase_of(inputs[i]));
                const auto& branches = inputs[i].job->work().merkle_branches;
                const auto header = header_of(inputs[i], merkle_root_from_branches(coinbase, branches));
                REQUIRE(hashes[i] == sha256d(header));
            }
        }
    }
    sha256_use_portable(false);
}

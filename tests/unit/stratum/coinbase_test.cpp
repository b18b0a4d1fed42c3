#include "stratum/coinbase.h"

#include "stratum/merkle.h"
#include "stratum/sha256.h"
#include "tests/catch.h"

using namespace stratum;

namespace {

constexpr std::int64_t coin_sats = 100'000'000;

Template work_at(std::uint32_t height) {
    Template work;
    work.height = height;
    work.coinbase_value_sats = 50 * coin_sats;
    return work;
}

std::string pushed(std::uint32_t height) { return to_hex(height_push(height)); }

}  // namespace

TEST_CASE("The height is pushed in the shortest form that BIP34 compares") {
    CHECK(pushed(1) == "51");
    CHECK(pushed(16) == "60");
    CHECK(pushed(17) == "0111");
    CHECK(pushed(127) == "017f");
    CHECK(pushed(128) == "028000");
    CHECK(pushed(255) == "02ff00");
    CHECK(pushed(256) == "020001");
    CHECK(pushed(32767) == "02ff7f");
    CHECK(pushed(32768) == "03008000");
    CHECK(pushed(500000) == "0320a107");
    CHECK(pushed(8388608) == "0400008000");
}

TEST_CASE("A coinbase with everything in it is this transaction, byte for byte") {
    auto work = work_at(200);
    work.coinbase_flags = {0x01, 0xaa};
    work.witness_commitment = witness_commitment_script({});
    const CoinbaseOutput output{50 * coin_sats, Bytes{0x51}};
    const auto parts = make_coinbase(work, {output}, "/Hashyard/", 3, 12);
    CHECK(to_hex(parts.prefix) ==
          "02000000"
          "01"
          "0000000000000000000000000000000000000000000000000000000000000000"
          "ffffffff"
          "22"
          "02c800"
          "01aa"
          "0a2f48617368796172642f"
          "0403000000"
          "0c");
    CHECK(to_hex(parts.suffix) ==
          "feffffff"
          "02"
          "00f2052a01000000"
          "0151"
          "0000000000000000"
          "266a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9"
          "c7000000");
}

TEST_CASE("The commitment of an empty block is the one every empty segwit block carries") {
    CHECK(to_hex(witness_commitment_script({})) ==
          "6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9");
}

TEST_CASE("In a block the coinbase carries the reserved value exactly when there is a commitment") {
    auto work = work_at(200);
    const auto parts = make_coinbase(work, {{coin_sats, Bytes{0x51}}}, "", 0, 1);
    Bytes coinbase = parts.prefix;
    coinbase.push_back(0x99);
    coinbase.insert(coinbase.end(), parts.suffix.begin(), parts.suffix.end());
    CHECK(coinbase_for_block(work, coinbase) == coinbase);

    work.witness_commitment = witness_commitment_script({});
    const auto hex = to_hex(coinbase_for_block(work, coinbase));
    CHECK(
        hex.starts_with("020000000001"
                        "01"));
    CHECK(
        hex.ends_with("0120"
                      "0000000000000000000000000000000000000000000000000000000000000000"
                      "c7000000"));
    CHECK(hex.size() == 2 * (coinbase.size() + 36));
}

TEST_CASE("A block is the header, the count, the coinbase and the transactions") {
    auto work = work_at(17);
    work.transactions.push_back({.data = {0xde, 0xad}, .txid = {}, .wtxid = {}});
    const Bytes header(80, 0x11);
    const Bytes coinbase{1, 2, 3, 4, 5, 6, 7, 8, 9};
    const auto block = assemble_block(work, header, coinbase);
    CHECK(to_hex(block) == std::string(160, '1') +
                               "02"
                               "010203040506070809"
                               "dead");
}

TEST_CASE("The longest tag, flags and extranonce still fit into the coinbase script") {
    auto work = work_at(0x7fffffff);
    work.coinbase_flags = Bytes(coinbase_flags_bytes_max, 0x51);
    const auto parts = make_coinbase(work, {}, std::string(coinbase_tag_bytes_max, 't'), 0, 32);
    CHECK(parts.prefix[41] <= 100);
}

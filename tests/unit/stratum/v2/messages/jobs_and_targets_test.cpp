// What the messages mean: coinbases, headers, targets and the answers to shares.

#include <algorithm>

#include "stratum/merkle.h"
#include "stratum/reject.h"
#include "stratum/sha256.h"
#include "stratum/target.h"
#include "stratum/v2/accepted_shares.h"
#include "stratum/v2/error_codes.h"
#include "tests/unit/stratum/v2/messages/vectors.h"

using namespace stratum;
using namespace stratum::v2;
using nlohmann::json;

namespace {

std::uint32_t u32_of(const json& text) {
    return static_cast<std::uint32_t>(std::stoul(text.get<std::string>(), nullptr, 0));
}

Hash256 hash_of(const json& hex) {
    Hash256 hash;
    REQUIRE(decode_hex(hex.get<std::string>(), hash.bytes));
    return hash;
}

std::string wire_hex(const Uint256& value) {
    std::string out;
    Writer(out).u256(value);
    return hex_of(out);
}

}  // namespace

TEST_CASE("Job, extranonce and share make the header and the hash") {
    for (const auto& vector : vectors()["coinbase_and_header"]) {
        CAPTURE(vector["title"]);
        const auto coinbase = bytes_of(vector["coinbase_tx_prefix"].get<std::string>() +
                                       vector["extranonce_prefix"].get<std::string>() +
                                       vector["extranonce"].get<std::string>() +
                                       vector["coinbase_tx_suffix"].get<std::string>());
        if (vector.contains("coinbase_tx")) CHECK(to_hex(coinbase) == vector["coinbase_tx"]);
        const auto txid = sha256d(coinbase);
        CHECK(to_hex(txid.bytes) == vector["coinbase_txid_wire"]);
        CHECK(displayed(txid) == vector["coinbase_txid_display"]);
        std::vector<Hash256> path;
        for (const auto& element : vector["merkle_path"]) path.push_back(hash_of(element));
        const auto root = merkle_root_from_branches(txid, path);
        CHECK(to_hex(root.bytes) == vector["merkle_root_wire"]);
        std::string header;
        Writer writer(header);
        writer.u32(vector["version"]);
        writer.u256(hash_of(vector["prev_hash_wire"]));
        writer.u256(root);
        writer.u32(vector["ntime"]);
        writer.u32(u32_of(vector["nbits"]));
        writer.u32(vector["nonce"]);
        CHECK(hex_of(header) == vector["header"]);
        const auto hash = sha256d(view_of(header));
        CHECK(to_hex(hash.bytes) == vector["hash_wire"]);
        CHECK(displayed(hash) == vector["hash_display"]);
        const auto target = target_of_nbits(u32_of(vector["nbits"]));
        REQUIRE(target);
        CHECK(target->hex() == vector["network_target"]);
        CHECK(meets(hash, *target) == vector["meets_network_target"]);
    }
}

TEST_CASE("The witness goes around the parts a client hashes") {
    const auto& vector = vectors()["segwit_coinbase"];
    const auto prefix = vector["stripped_prefix"].get<std::string>();
    const auto suffix = vector["stripped_suffix"].get<std::string>();
    const auto full_prefix = prefix.substr(0, 8) + "0001" + prefix.substr(8);
    const auto locktime_at = suffix.size() - 8;
    const auto full_suffix =
        suffix.substr(0, locktime_at) + "0120" + std::string(64, '0') + suffix.substr(locktime_at);
    CHECK(full_prefix == vector["full_prefix"]);
    CHECK(full_suffix == vector["full_suffix"]);
    const auto full = vector["full_coinbase"].get<std::string>();
    const auto extranonce =
        full.substr(full_prefix.size(), full.size() - full_prefix.size() - full_suffix.size());
    CHECK(full == full_prefix + extranonce + full_suffix);
    CHECK(displayed(sha256d(bytes_of(prefix + extranonce + suffix))) == vector["txid_display"]);
}

TEST_CASE("Targets of difficulties go over the wire little-endian") {
    CHECK(Difficulty().target().hex() == vectors()["targets"]["diff1_value"]);
    for (const auto& row : vectors()["targets"]["from_difficulty"]) {
        const auto target = Difficulty::whole(row["difficulty"].get<std::uint64_t>())->target();
        CAPTURE(row["difficulty"]);
        CHECK(target.hex() == row["value"]);
        CHECK(wire_hex(target) == row["u256_wire"]);
    }
}

TEST_CASE("A hash rate gives the target that the reference code gives") {
    for (const auto& row : vectors()["targets"]["sri_hashrate_to_target"]) {
        CAPTURE(row["hashrate"], row["shares_per_minute"]);
        const auto target = target_from_hashrate(
            {.hashes_per_second = row["hashrate"], .shares_per_minute = row["shares_per_minute"]});
        REQUIRE(target);
        CHECK(target->hex() == row["value"]);
        CHECK(wire_hex(*target) == row["u256_wire"]);
        CHECK(difficulty_of_target(*target) == Approx(row["difficulty"].get<double>()).epsilon(1e-7));
    }
}

TEST_CASE("Compact targets of the vectors are read") {
    for (const auto& row : vectors()["targets"]["from_nbits"])
        CHECK(target_of_nbits(u32_of(row["nbits"])).value().hex() == row["value"]);
}

TEST_CASE("Every reject reason has a code that clients count") {
    for (const auto& facts : reject_facts) {
        CAPTURE(facts.label);
        CHECK(std::find(submit_error::all.begin(), submit_error::all.end(), facts.v2_code) !=
              submit_error::all.end());
    }
    CHECK(facts_of(RejectReason::stale).v2_code == submit_error::stale_share);
    CHECK(facts_of(RejectReason::unknown_job).v2_code == submit_error::invalid_job_id);
    CHECK(facts_of(RejectReason::low_difficulty).v2_code == submit_error::difficulty_too_low);
    CHECK(facts_of(RejectReason::duplicate).v2_code == submit_error::duplicate_share);
    CHECK(facts_of(RejectReason::extranonce_size).v2_code == submit_error::bad_extranonce_size);
    CHECK(facts_of(RejectReason::version_bits).v2_code == submit_error::invalid_non_rollable_version_bit);
}

TEST_CASE("Accepted shares are summed and truncated once, then counting starts anew") {
    AcceptedShares accepted;
    for (std::uint32_t i = 0; i < 10; ++i) accepted.add(i + 1, 0.25);
    CHECK(accepted.count() == 10);
    auto told = accepted.take(3);
    CHECK(told.channel_id == 3);
    CHECK(told.last_sequence_number == 10);
    CHECK(told.new_submits_accepted_count == 10);
    CHECK(told.new_shares_sum == 2);  // 2.5, not ten times 0
    CHECK(accepted.count() == 0);
    accepted.add(11, 256);
    told = accepted.take(3);
    CHECK(told.new_submits_accepted_count == 1);
    CHECK(told.new_shares_sum == 256);
    accepted.add(12, 1e300);
    CHECK(accepted.take(3).new_shares_sum == ~std::uint64_t{0});
}

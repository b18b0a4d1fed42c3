#pragma once
// Work of a V2 channel and shares for it, by the rules of the specification, not by the code under test.

#include <string_view>
#include <vector>

#include "tests/unit/stratum/v2/mining_world.h"

namespace stratum::v2::testing {

inline constexpr std::uint32_t easy_nbits = 0x1d00ffff;
inline constexpr std::uint32_t regtest_nbits = 0x207fffff;

struct Work {
    std::uint32_t job_id = 0;
    std::uint32_t version = 0;
    std::uint32_t ntime = 0;
    std::uint32_t nbits = 0;
    Hash256 previous;
    Hash256 root;  // standard
    Bytes prefix, suffix, head;
    std::vector<Hash256> path;
};

inline Hash256 root_of(const Work& work, ByteView extranonce) {
    if (work.prefix.empty()) return work.root;
    Bytes coinbase = work.prefix;
    coinbase.insert(coinbase.end(), work.head.begin(), work.head.end());
    coinbase.insert(coinbase.end(), extranonce.begin(), extranonce.end());
    coinbase.insert(coinbase.end(), work.suffix.begin(), work.suffix.end());
    auto root = sha256d(coinbase);
    for (const auto& branch : work.path) {
        Bytes both(root.bytes.begin(), root.bytes.end());
        both.insert(both.end(), branch.bytes.begin(), branch.bytes.end());
        root = sha256d(both);
    }
    return root;
}

inline Hash256 hash_of(const Work& work, ByteView extranonce, std::uint32_t nonce, std::uint32_t version) {
    Bytes header;
    ByteWriter writer(header);
    writer.le32(version);
    writer.bytes(work.previous.bytes);
    writer.bytes(root_of(work, extranonce).bytes);
    writer.le32(work.ntime);
    writer.le32(work.nbits);
    writer.le32(nonce);
    return sha256d(header);
}

inline Work hear_extended(MiningWorld& world, ByteView head) {
    Work out;
    const auto job = world.expect<NewExtendedMiningJob>();
    const auto tip = world.expect<SetNewPrevHash>();
    out.job_id = job->job_id;
    out.version = job->version;
    out.ntime = tip->min_ntime;
    out.nbits = tip->nbits;
    out.previous = tip->prev_hash;
    out.prefix.assign(job->coinbase_tx_prefix.begin(), job->coinbase_tx_prefix.end());
    out.suffix.assign(job->coinbase_tx_suffix.begin(), job->coinbase_tx_suffix.end());
    out.path.assign(job->merkle_path.begin(), job->merkle_path.end());
    out.head.assign(head.begin(), head.end());
    return out;
}

// A new world's first extended channel, and what it works on.
inline Work start_extended(MiningWorld& world, std::string_view identity = MiningWorld::test_identity,
                           std::uint32_t nbits = easy_nbits) {
    world.on_template(make_template(7, 1, nbits));
    world.set_up();
    const auto opened = world.open_extended(identity);
    return hear_extended(world, opened->extranonce_prefix);
}

struct Share : SubmitSharesExtended {
    Share(const Work& work, std::uint32_t channel, std::uint32_t sequence, ByteView rest,
          const Uint256& target = Difficulty::fraction(32)->target()) {
        channel_id = channel;
        sequence_number = sequence;
        job_id = work.job_id;
        ntime = work.ntime;
        version = work.version;
        extranonce = rest;
        while (!meets(hash_of(work, rest, nonce, version), target)) ++nonce;
    }
};

}  // namespace stratum::v2::testing

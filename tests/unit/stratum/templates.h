#pragma once
// Templates and hashes made up for tests of the protocol core.

#include <memory>
#include <string>
#include <vector>

#include "stratum/job.h"
#include "stratum/merkle.h"
#include "stratum/sha256.h"
#include "stratum/target.h"

namespace stratum::testing {

// `tip` fills the previous block's hash; the same arguments give the same template.
inline std::shared_ptr<Template> new_template(std::uint64_t number, std::uint8_t tip, std::uint32_t nbits,
                                              std::size_t transactions = 3) {
    auto work = std::make_shared<Template>();
    work->number = number;
    work->height = 800u + tip;
    work->previous.bytes.fill(tip);
    work->version = 0x20000000;
    work->nbits = nbits;
    work->network_target = *target_of_nbits(nbits);
    work->time = 1'700'000'000;
    work->time_min = work->time - 600;
    work->coinbase_value_sats = 5'000'000'000;
    std::vector<Hash256> txids;
    for (std::size_t i = 0; i < transactions; ++i)
        txids.push_back(sha256(view_of("tx" + std::to_string(number + i))));
    work->merkle_branches = merkle_branches_of(txids);
    work->witness_commitment = witness_commitment_script(txids);
    return work;
}

inline TemplatePtr make_template(std::uint64_t number, std::uint8_t tip, std::uint32_t nbits,
                                 std::size_t transactions = 3) {
    return new_template(number, tip, nbits, transactions);
}

// The hash that reads as this number.
inline Hash256 hash_of_number(const Uint256& number) { return {number.little_endian()}; }
// A hash that meets `target`, by less than a factor of two; another one for each `salt`.
inline Hash256 hash_meeting(const Uint256& target, std::uint64_t salt) {
    const auto half = (target >> 1) + Uint256{1};
    return hash_of_number({salt, half.limb(1), half.limb(2), half.limb(3)});
}
// A hash that misses `target`, by about a factor of two.
inline Hash256 hash_missing(const Uint256& target, std::uint64_t salt) {
    const auto twice = target << 1;
    return hash_of_number({salt, twice.limb(1), twice.limb(2), twice.limb(3)});
}

}  // namespace stratum::testing

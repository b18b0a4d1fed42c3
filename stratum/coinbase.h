#pragma once
// The coinbase transaction, split around the extranonce. Pure; any thread. BIP34 (height), BIP141
// (commitment). prefix || extranonce || suffix is the transaction WITHOUT witness: what Stratum V1 sends, and
// what the txid hashes.

#include <cstdint>
#include <string>
#include <vector>

#include <boost/system/result.hpp>

#include "stratum/bytes.h"
#include "stratum/limits.h"
#include "stratum/template.h"

namespace stratum {

inline constexpr std::size_t coinbase_flags_bytes_max = 16;

struct CoinbaseOutput {
    std::int64_t amount_sats = 0;
    Bytes script;
};

struct CoinbaseParts {
    Bytes prefix;
    Bytes suffix;
};

// `tag` is the pool's text in the script, `distinction` four bytes that make otherwise equal jobs differ.
// Script layout: height push, flags, tag push, distinction push, extranonce push; at most 100 bytes in all
// (STRATUM_ENSURE: config keeps tag within coinbase_tag_bytes_max). Outputs: as given (their amounts sum to
// at most coinbase_value_sats), then the witness commitment when the template has one.
CoinbaseParts make_coinbase(const Template& work, const std::vector<CoinbaseOutput>& outputs,
                            std::string_view tag, std::uint32_t distinction, std::size_t extranonce_bytes);

// The coinbase as it goes into a block: with the witness reserved value when the template has a commitment.
Bytes coinbase_for_block(const Template& work, ByteView coinbase_without_witness);
// Header (80 bytes), coinbase without witness and the template's transactions as one serialised block.
Bytes assemble_block(const Template& work, ByteView header, ByteView coinbase_without_witness);

// What a coinbase script starts with in a block of this height: the shortest push of the number. BIP34.
Bytes height_push(std::uint32_t height);

// The commitment scriptPubKey (6a24aa21a9ed…) for the wtxids of all transactions but the coinbase. BIP141.
Bytes witness_commitment_script(const std::vector<Hash256>& wtxids_without_coinbase);

}  // namespace stratum

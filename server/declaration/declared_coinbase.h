#pragma once
// The coinbase of a declared job: with witness, cut around the extranonce. Pure; any thread.

#include <cstdint>
#include <string>

#include <boost/system/result.hpp>

#include "stratum/bytes.h"

namespace server::declaration {

struct DeclaredCoinbase {
    std::uint32_t version = 0;
    stratum::Bytes script_prefix;  // the script before its extranonce
    std::size_t extranonce_bytes = 0;
    std::uint32_t sequence = 0;
    stratum::Bytes outputs;  // CompactSize count, then the outputs
    std::uint32_t lock_time = 0;
    std::int64_t value_sats = 0;  // sum of the outputs
    std::int64_t pool_sats = 0;   // of those that pay the pool
    stratum::Bytes witness_commitment;
};

struct CoinbaseFault {
    bool input = false;  // it is about the input
    std::string reason;  // a sentence for the client
};

// What the client declared, taken apart. The extranonce stands right before the sequence number; the witness
// is the one 32-byte zero that blocks of ours carry.
[[nodiscard]] boost::system::result<DeclaredCoinbase, CoinbaseFault> read_coinbase(
    stratum::ByteView prefix, stratum::ByteView suffix, stratum::ByteView payout_script);

}  // namespace server::declaration

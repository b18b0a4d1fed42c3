#pragma once
// A block template: what a node offers to mine. Made on the control thread, immutable afterwards, shared
// between threads as shared_ptr<const Template>. Hashes are in internal order. BIP22, BIP23, BIP141, BIP145.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stratum/bytes.h"
#include "stratum/uint256.h"

namespace stratum {

// Part of every key that names work or money; more coins join here.
enum class Coin : std::uint8_t { bitcoin };
enum class Algorithm : std::uint8_t { sha256d };
// The chain a node is on; decides address prefixes and what is allowed.
enum class Network : std::uint8_t { main, test, signet, regtest };
const char* name_of(Coin coin);
const char* name_of(Algorithm algorithm);
const char* name_of(Network network);

struct TemplateTransaction {
    Bytes data;  // as it goes into the block, with witness
    Hash256 txid;
    Hash256 wtxid;
    std::int64_t fee_sats = 0;
    std::uint32_t weight = 0;
    std::uint32_t sigops = 0;
};

// What a template provider calls its template, and on which of our connections to it: it takes solutions
// under this name.
struct TemplateOrigin {
    std::uint64_t connection = 0;
    std::uint64_t template_id = 0;
};

struct Template {
    Coin coin = Coin::bitcoin;
    Algorithm algorithm = Algorithm::sha256d;
    // Unique and increasing on this pool node, also across restarts: (seconds since 1970 at start << 20) +
    // counter. Declared jobs have numbers of their own: that plus 2^53.
    std::uint64_t number = 0;
    std::uint32_t height = 0;
    Hash256 previous;
    std::uint32_t version = 0;
    std::uint32_t version_required = 0;  // bits of version that must stay as they are (vbrequired)
    std::uint32_t nbits = 0;
    Uint256 network_target;                // of nbits
    std::uint32_t time = 0;                // curtime, seconds since 1970
    std::uint32_t time_min = 0;            // mintime: the earliest ntime consensus takes
    std::int64_t coinbase_value_sats = 0;  // subsidy plus fees
    std::int64_t fees_sats = 0;            // sum of the transactions' fees
    Bytes coinbase_flags;                  // coinbaseaux, to be put into the coinbase script; usually empty
    Bytes witness_commitment;  // scriptPubKey of the commitment output; empty when the block has no witness
    std::vector<TemplateTransaction> transactions;
    std::vector<Hash256> merkle_branches;  // from merkle_branches_of(txids)
    // A declared one: when it was taken, microseconds since 1970. 0: known by whoever received it.
    std::int64_t declared_at_us = 0;
    bool early = false;                    // an empty template sent ahead of the full one on a new tip
    std::string node;                      // name of the node it came from
    std::optional<TemplateOrigin> origin;  // unset when no template provider made it, as it stands here
    std::chrono::steady_clock::time_point received_at{};
};
using TemplatePtr = std::shared_ptr<const Template>;

}  // namespace stratum

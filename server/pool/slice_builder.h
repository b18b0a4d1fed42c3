#pragma once
// Cuts the stream of shares into slices while it is imported: sums by user, the Merkle tree, the running
// totals. A plain value: the importer works on a copy and keeps it only when the batch is committed. Importer
// thread; no clock, no I/O.
//
// A slice ends at slice_shares_max shares and before a share of another chain, network target or rule.
// Merkle tree as in RFC 6962 2.1: leaf = SHA-256(0x00 || position u64 || received_at_us i64 || work 32 bytes
// || SHA-256(user name) || share's hash), numbers little-endian; node = SHA-256(0x01 || left || right); a
// tree of n leaves splits at the largest power of two below n.

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "fleet/ledger/integer.h"
#include "server/store/import.h"
#include "stratum/bytes.h"
#include "stratum/uint256.h"

namespace server::pool {

// What all shares of a slice have in common.
struct SliceKey {
    store::Chain chain;
    std::uint32_t nbits = 0;
    std::int32_t rule = 0;
    friend bool operator==(const SliceKey&, const SliceKey&) = default;
};

// Of a network target: expected hashes of a block, and what one hash weighs.
struct NetworkFacts {
    fleet::ledger::Integer network_work;
    fleet::ledger::Integer hash_weight;
};
// nullopt for bits that stand for no target.
[[nodiscard]] std::optional<NetworkFacts> network_facts_of(std::uint32_t nbits);

struct SliceShare {
    std::int64_t position = 0;
    std::int64_t received_at_us = 0;
    std::int32_t user = 0;
    stratum::Hash256 account;  // SHA-256 of the user's name
    stratum::Uint256 work;
    stratum::Hash256 hash;
};

// The root over leaves that come one by one; holds one hash for each set bit of their count.
class MerkleBuilder {
  public:
    void add(const stratum::Hash256& leaf);
    [[nodiscard]] stratum::Hash256 root() const;  // at least one leaf was added

  private:
    std::vector<stratum::Hash256> subtrees_;  // largest first
    std::uint64_t leaves_ = 0;
};

[[nodiscard]] stratum::Hash256 leaf_of(const SliceShare& share);

class SliceBuilder {
  public:
    SliceBuilder() = default;
    explicit SliceBuilder(const store::ImportState& state) : closed_(state.totals) {}

    // The next share by position. Slices that it ends are appended to `closed`.
    void add(const SliceKey& key, const NetworkFacts& network, const SliceShare& share,
             std::vector<store::ClosedSlice>& closed);
    // A share that the totals already count: builds the open slice again after a start.
    void restore(const SliceKey& key, const NetworkFacts& network, const SliceShare& share);

    [[nodiscard]] store::ChainTotals totals(const store::Chain& chain) const;
    [[nodiscard]] std::int64_t open_shares() const {
        return open_ ? open_->last_position - open_->first_position + 1 : 0;
    }

  private:
    struct Sum {
        std::int32_t shares = 0;
        stratum::Uint256 work;
    };
    struct Open {
        SliceKey key;
        NetworkFacts network;
        std::int64_t first_position = 0;
        std::int64_t last_position = 0;
        std::int64_t first_received_at_us = 0;
        std::int64_t last_received_at_us = 0;
        stratum::Uint256 work;
        std::unordered_map<std::int32_t, Sum> users;
        MerkleBuilder merkle;
    };

    void put(const SliceKey& key, const NetworkFacts& network, const SliceShare& share);
    [[nodiscard]] store::ClosedSlice close();

    std::map<store::Chain, store::ChainTotals> closed_;  // without the open slice
    std::optional<Open> open_;
};

}  // namespace server::pool

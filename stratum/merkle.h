#pragma once
// Merkle trees of Bitcoin blocks. Pure; any thread.

#include <span>
#include <vector>

#include "stratum/bytes.h"

namespace stratum {

// The branches that lead from a coinbase (leaf 0) to the root, given the txids of all other transactions in
// order.
std::vector<Hash256> merkle_branches_of(std::span<const Hash256> txids_without_coinbase);
// Folds the coinbase's txid with its branches: acc = sha256d(acc || branch).
Hash256 merkle_root_from_branches(const Hash256& coinbase_txid, std::span<const Hash256> branches);
// The root over all leaves, coinbase included, by the consensus rule (the last hash of an odd row is
// doubled).
Hash256 merkle_root_of(std::vector<Hash256> leaves);

}  // namespace stratum

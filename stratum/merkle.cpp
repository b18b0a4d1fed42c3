#include "stratum/merkle.h"

#include <utility>

#include "stratum/sha256.h"

namespace stratum {

std::vector<Hash256> merkle_branches_of(std::span<const Hash256> txids_without_coinbase) {
    std::vector<Hash256> branches;
    // The row without its first hash, which depends on the coinbase and is not known yet.
    std::vector<Hash256> row(txids_without_coinbase.begin(), txids_without_coinbase.end());
    while (!row.empty()) {
        branches.push_back(row.front());
        // Counting the unknown first hash, a row of even size() is odd and doubles its last hash.
        if (row.size() % 2 == 0) row.push_back(row.back());
        std::size_t next = 0;
        for (std::size_t i = 1; i + 1 < row.size(); i += 2) row[next++] = sha256d_pair(row[i], row[i + 1]);
        row.resize(next);
    }
    return branches;
}

Hash256 merkle_root_from_branches(const Hash256& coinbase_txid, std::span<const Hash256> branches) {
    Hash256 root = coinbase_txid;
    for (const auto& branch : branches) root = sha256d_pair(root, branch);
    return root;
}

Hash256 merkle_root_of(std::vector<Hash256> leaves) {
    if (leaves.empty()) return {};
    while (leaves.size() > 1) {
        if (leaves.size() % 2 != 0) leaves.push_back(leaves.back());
        for (std::size_t i = 0; i < leaves.size() / 2; ++i)
            leaves[i] = sha256d_pair(leaves[2 * i], leaves[2 * i + 1]);
        leaves.resize(leaves.size() / 2);
    }
    return leaves.front();
}

}  // namespace stratum

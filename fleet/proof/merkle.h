#pragma once
// Merkle trees as in RFC 6962 2.1 (RFC 9162 2.1 is the same tree): a leaf is SHA-256(0x00 || text), a node
// SHA-256(0x01 || left || right), a tree of n leaves splits at the greatest power of two below n, and the
// empty tree is SHA-256 of nothing. Pure; any thread.

#include <cstdint>
#include <span>
#include <vector>

#include "fleet/proof/digest.h"

namespace fleet::proof {

using Path = std::vector<Hash>;
inline constexpr std::size_t path_nodes_max = 65;  // of a tree of 2^64 leaves, and one that begins it

[[nodiscard]] Hash leaf_hash(std::string_view text);
[[nodiscard]] Hash node_hash(const Hash& left, const Hash& right);

// The root over leaves that come one by one; holds one hash for each set bit of their count.
class RootBuilder {
  public:
    void add(const Hash& leaf);
    [[nodiscard]] Hash root() const;
    [[nodiscard]] std::uint64_t size() const { return size_; }

  private:
    std::vector<Hash> subtrees_;  // largest first
    std::uint64_t size_ = 0;
};
[[nodiscard]] Hash root_of(std::span<const Hash> leaves);

// That leaf `index` stands in the tree over `leaves`. The index is below their number.
[[nodiscard]] Path inclusion_path(std::span<const Hash> leaves, std::uint64_t index);
// That the tree over `leaves` begins with the tree over the first `old_size` of them; empty when that is none
// or all.
[[nodiscard]] Path consistency_path(std::span<const Hash> leaves, std::uint64_t old_size);

struct TreeView {
    std::uint64_t size = 0;
    Hash root{};
};
// RFC 9162 2.1.3.2 and 2.1.4.2.
[[nodiscard]] bool includes(const TreeView& tree, std::uint64_t index, const Hash& leaf, const Path& path);
[[nodiscard]] bool extends(const TreeView& newer, const TreeView& older, const Path& path);

}  // namespace fleet::proof

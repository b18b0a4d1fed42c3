#pragma once
// A Merkle tree whose nodes carry sums, so that a root promises a total and each leaf can see itself in it.
// Pure; any thread.
// Leaf: SHA-256(0x02 || sum || text). Node: SHA-256(0x03 || left || left sum || right || right sum). Sums
// are 32 bytes, big-endian. Both children's sums are hashed, not only their total: else one path could lower
// a sum that another raises. Sums are never negative by their type, leaves stay below 2^192 and totals below
// 2^256, checked when a path is followed: nothing can wrap round and hide a debt. The shape is that of
// merkle.h.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "fleet/ledger/integer.h"
#include "fleet/proof/digest.h"

namespace fleet::proof {

using ledger::Integer;
inline constexpr unsigned sum_leaf_bits = 192;

struct SumNode {
    Hash hash{};
    Integer sum = 0;

    friend bool operator==(const SumNode&, const SumNode&) = default;
};
using SumPath = std::vector<SumNode>;

// nullopt: the amount has more than sum_leaf_bits bits.
[[nodiscard]] std::optional<SumNode> sum_leaf(const Integer& amount, std::string_view text);
// nullopt: the total does not fit.
[[nodiscard]] std::optional<SumNode> sum_node(const SumNode& left, const SumNode& right);

// The empty tree is SHA-256 of nothing with a sum of zero. nullopt: the total does not fit.
[[nodiscard]] std::optional<SumNode> sum_root_of(std::span<const SumNode> leaves);
// The index is below their number, and their total fits.
[[nodiscard]] SumPath sum_path(std::span<const SumNode> leaves, std::uint64_t index);
[[nodiscard]] bool sum_includes(const SumNode& root, std::uint64_t size, std::uint64_t index,
                                const SumNode& leaf, const SumPath& path);

}  // namespace fleet::proof

#include "fleet/proof/merkle_sum.h"

#include <algorithm>
#include <bit>

namespace fleet::proof {

namespace {

std::string bytes_of(const Integer& sum) {
    std::string out(32, '\0');
    Integer rest = sum;
    for (std::size_t i = 32; i-- > 0; rest >>= 8U)
        out[i] = static_cast<char>(static_cast<unsigned>(rest & 255U));
    return out;
}

std::uint64_t left_of(std::uint64_t size) { return std::bit_floor(size - 1); }

}  // namespace

std::optional<SumNode> sum_leaf(const Integer& amount, std::string_view text) {
    if (amount >> sum_leaf_bits != 0) return std::nullopt;
    std::string bytes = "\x02" + bytes_of(amount);
    bytes += text;
    return SumNode{sha256(bytes), amount};
}

std::optional<SumNode> sum_node(const SumNode& left, const SumNode& right) {
    const auto sum = ledger::checked([&] { return Integer(left.sum + right.sum); });
    if (!sum) return std::nullopt;
    std::string bytes = "\x03";
    bytes += view_of(left.hash);
    bytes += bytes_of(left.sum);
    bytes += view_of(right.hash);
    bytes += bytes_of(right.sum);
    return SumNode{sha256(bytes), *sum};
}

std::optional<SumNode> sum_root_of(std::span<const SumNode> leaves) {
    if (leaves.empty()) return SumNode{sha256({}), 0};
    if (leaves.size() == 1) return leaves[0];
    const auto left = left_of(leaves.size());
    const auto first = sum_root_of(leaves.first(left));
    const auto second = sum_root_of(leaves.subspan(left));
    if (!first || !second) return std::nullopt;
    return sum_node(*first, *second);
}

SumPath sum_path(std::span<const SumNode> leaves, std::uint64_t index) {
    SumPath path;
    while (leaves.size() > 1) {
        const auto left = left_of(leaves.size());
        const bool in_left = index < left;
        if (const auto other = sum_root_of(in_left ? leaves.subspan(left) : leaves.first(left)))
            path.push_back(*other);
        leaves = in_left ? leaves.first(left) : leaves.subspan(left);
        if (!in_left) index -= left;
    }
    std::reverse(path.begin(), path.end());
    return path;
}

bool sum_includes(const SumNode& root, std::uint64_t size, std::uint64_t index, const SumNode& leaf,
                  const SumPath& path) {
    if (index >= size || leaf.sum >> sum_leaf_bits != 0) return false;
    auto place = index;
    auto last = size - 1;
    auto node = leaf;
    for (const auto& other : path) {
        if (last == 0) return false;
        const bool right = (place & 1U) != 0 || place == last;
        const auto up = right ? sum_node(other, node) : sum_node(node, other);
        if (!up) return false;
        node = *up;
        while (right && (place & 1U) == 0 && place != 0) {
            place >>= 1U;
            last >>= 1U;
        }
        place >>= 1U;
        last >>= 1U;
    }
    return last == 0 && node == root;
}

}  // namespace fleet::proof

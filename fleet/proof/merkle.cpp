#include "fleet/proof/merkle.h"

#include <algorithm>
#include <bit>

namespace fleet::proof {

namespace {

// Of a tree of `size` leaves, at least two: how many stand in the left half.
std::uint64_t left_of(std::uint64_t size) { return std::bit_floor(size - 1); }

void add_consistency(std::span<const Hash> leaves, std::uint64_t old_size, bool known, Path& path) {
    if (old_size == leaves.size()) {
        if (!known) path.push_back(root_of(leaves));
        return;
    }
    const auto left = left_of(leaves.size());
    if (old_size <= left) {
        add_consistency(leaves.first(left), old_size, known, path);
        path.push_back(root_of(leaves.subspan(left)));
    } else {
        add_consistency(leaves.subspan(left), old_size - left, false, path);
        path.push_back(root_of(leaves.first(left)));
    }
}

}  // namespace

Hash leaf_hash(std::string_view text) {
    std::string bytes(1, '\0');
    bytes += text;
    return sha256(bytes);
}

Hash node_hash(const Hash& left, const Hash& right) {
    std::array<char, 65> bytes{};
    bytes[0] = 1;
    std::copy(left.begin(), left.end(), bytes.begin() + 1);
    std::copy(right.begin(), right.end(), bytes.begin() + 33);
    return sha256({bytes.data(), bytes.size()});
}

void RootBuilder::add(const Hash& leaf) {
    auto hash = leaf;
    // Each trailing one of the count is a subtree as large as what is being added.
    for (auto count = size_; (count & 1U) != 0; count >>= 1U) {
        hash = node_hash(subtrees_.back(), hash);
        subtrees_.pop_back();
    }
    subtrees_.push_back(hash);
    ++size_;
}

Hash RootBuilder::root() const {
    if (subtrees_.empty()) return sha256({});
    auto hash = subtrees_.back();
    for (auto i = subtrees_.size() - 1; i-- > 0;) hash = node_hash(subtrees_[i], hash);
    return hash;
}

Hash root_of(std::span<const Hash> leaves) {
    RootBuilder builder;
    for (const auto& leaf : leaves) builder.add(leaf);
    return builder.root();
}

Path inclusion_path(std::span<const Hash> leaves, std::uint64_t index) {
    Path path;
    while (leaves.size() > 1) {
        const auto left = left_of(leaves.size());
        if (index < left) {
            path.push_back(root_of(leaves.subspan(left)));
            leaves = leaves.first(left);
        } else {
            path.push_back(root_of(leaves.first(left)));
            leaves = leaves.subspan(left);
            index -= left;
        }
    }
    std::reverse(path.begin(), path.end());
    return path;
}

Path consistency_path(std::span<const Hash> leaves, std::uint64_t old_size) {
    Path path;
    if (old_size != 0 && old_size < leaves.size()) add_consistency(leaves, old_size, true, path);
    return path;
}

bool includes(const TreeView& tree, std::uint64_t index, const Hash& leaf, const Path& path) {
    if (index >= tree.size) return false;
    auto place = index;
    auto last = tree.size - 1;
    auto hash = leaf;
    for (const auto& node : path) {
        if (last == 0) return false;
        if ((place & 1U) != 0 || place == last) {
            hash = node_hash(node, hash);
            while ((place & 1U) == 0 && place != 0) {
                place >>= 1U;
                last >>= 1U;
            }
        } else {
            hash = node_hash(hash, node);
        }
        place >>= 1U;
        last >>= 1U;
    }
    return last == 0 && hash == tree.root;
}

bool extends(const TreeView& newer, const TreeView& older, const Path& path) {
    if (older.size > newer.size) return false;
    if (older.size == newer.size) return path.empty() && older.root == newer.root;
    if (older.size == 0) return path.empty() && older.root == sha256({});
    auto rest = path.begin();
    auto place = older.size - 1;
    auto last = newer.size - 1;
    while ((place & 1U) != 0) {
        place >>= 1U;
        last >>= 1U;
    }
    // The older tree is a subtree of its own when its size is a power of two; else its first part is given.
    const bool whole = std::has_single_bit(older.size);
    if (!whole && rest == path.end()) return false;
    auto old_hash = whole ? older.root : *rest++;
    auto new_hash = old_hash;
    for (; rest != path.end(); ++rest) {
        if (last == 0) return false;
        if ((place & 1U) != 0 || place == last) {
            old_hash = node_hash(*rest, old_hash);
            new_hash = node_hash(*rest, new_hash);
            while ((place & 1U) == 0 && place != 0) {
                place >>= 1U;
                last >>= 1U;
            }
        } else {
            new_hash = node_hash(new_hash, *rest);
        }
        place >>= 1U;
        last >>= 1U;
    }
    return last == 0 && old_hash == older.root && new_hash == newer.root;
}

}  // namespace fleet::proof

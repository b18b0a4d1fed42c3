// Slices, shares, users and bundles in a proof file.

#include "fleet/proof/judge.h"

namespace fleet::proof {

TreeHead Judge::tree_head() { return read_signed("The tree head", parse_tree_head); }

void Judge::newer_heads(TreeHead& head) {
    while (next_is("hashyard consistency 1")) {
        const auto consistency = read(parse_consistency);
        const auto newer = tree_head();
        std::string why;
        if (newer.log != head.log) why = "it is another log";
        if (consistency.old_size != head.size || consistency.new_size != newer.size)
            why = "the path is for other sizes";
        if (why.empty() && newer.at_us < head.at_us) why = "it is older by its own time";
        if (why.empty() && !extends({newer.size, newer.root}, {head.size, head.root}, consistency.path))
            why = "the path does not lead from one root to the other: the log was rewritten";
        note("The log of " + std::to_string(newer.size) + " slices extends that of " +
                 std::to_string(head.size),
             why);
        head = newer;
    }
}

// A slice, its inclusion, a tree head.
SliceLeaf Judge::slice_in_log() {
    const auto slice = read(parse_slice_leaf);
    const auto leaf = leaf_hash(last_text_);
    const auto inclusion = read(parse_inclusion);
    auto head = tree_head();
    const auto name = "Slice " + std::to_string(slice.index);
    note(name + " can be", why_impossible(slice));
    std::string why;
    if (inclusion.index != slice.index || inclusion.size != head.size)
        why = "the path is for another place";
    else if (!includes({head.size, head.root}, slice.index, leaf, inclusion.path))
        why = "the path does not lead to the root";
    note(name + " stands in the log of " + std::to_string(head.size) + " slices", why);
    newer_heads(head);
    fact(name + ": positions " + std::to_string(slice.first_position) + " to " +
         std::to_string(slice.last_position) + ", work " + slice.work.str());
    return slice;
}

// A share and its inclusion in the slice.
ShareLeaf Judge::share_in(const SliceLeaf& slice) {
    const auto share = read(parse_share_leaf);
    const auto inclusion = read(parse_inclusion);
    const auto name = "Share " + std::to_string(share.position);
    const auto size = slice.last_position - slice.first_position + 1;
    std::string why;
    if (share.position < slice.first_position || share.position > slice.last_position)
        why = "it is not of this slice";
    else if (inclusion.index != share.position - slice.first_position || inclusion.size != size)
        why = "the path is for another place";
    else if (!includes({size, slice.shares_root}, inclusion.index, leaf_of(share), inclusion.path))
        why = "the path does not lead to the slice's root";
    else if (share.received_at_us < slice.first_received_at_us ||
             share.received_at_us > slice.last_received_at_us)
        why = "the slice says that it was received at another time";
    note(name + " is counted in slice " + std::to_string(slice.index), why);
    fact(name + ": work " + share.work.str() + ", account " + hex_of(share.account));
    return share;
}

void Judge::user_in(const SliceLeaf& slice) {
    const auto user = read(parse_slice_user);
    const auto inclusion = read(parse_sum_inclusion);
    const auto leaf = leaf_of(user);
    std::string why;
    if (inclusion.size != slice.users)
        why = "the path is for another tree";
    else if (!leaf || !sum_includes({slice.users_root, slice.work}, inclusion.size, inclusion.index, *leaf,
                                    inclusion.path))
        why = "the path does not lead to the slice's root and work";
    note("The work of account " + hex_of(user.account) + " is part of slice " + std::to_string(slice.index),
         why);
    fact("Account " + hex_of(user.account) + ": " + std::to_string(user.shares) + " shares, work " +
         user.work.str());
}

void Judge::slice() {
    const auto slice = slice_in_log();
    while (next_is("hashyard share 1") || next_is("hashyard slice user 1")) {
        if (next_is("hashyard share 1"))
            static_cast<void>(share_in(slice));
        else
            user_in(slice);
    }
}

void Judge::bundle_slice(const BlockBundle& bundle, const BundleSlice& slice) {
    const auto leaf = read(parse_slice_leaf);
    const auto hash = leaf_hash(last_text_);
    const auto inclusion = read(parse_inclusion);
    const auto name = "Slice " + std::to_string(slice.index);
    std::string why = why_impossible(leaf);
    if (why.empty() &&
        (hash != slice.leaf || leaf.index != slice.index || leaf.first_position != slice.first_position ||
         leaf.last_position != slice.last_position || leaf.network_work != slice.network_work ||
         leaf.work != slice.work))
        why = "the bundle tells it otherwise";
    if (why.empty() && (leaf.coin != bundle.coin || leaf.algorithm != bundle.algorithm))
        why = "it is of another chain";
    if (why.empty() && leaf.last_received_at_us > bundle.frozen_at_us)
        why = "it was received after the window was frozen";
    if (why.empty() && (inclusion.index != slice.index || inclusion.size != bundle.log_size ||
                        !includes({bundle.log_size, bundle.log_root}, slice.index, hash, inclusion.path)))
        why = "its path does not lead to the root of the log";
    note(name + " of the window stands in the log", why);
}

void Judge::block() {
    const auto bundle = read_signed("The bundle", parse_block_bundle);
    if (!readable()) return;
    auto checked = check_bundle(bundle);
    auto& all = verdict_.checked;
    all.holds.insert(all.holds.end(), checked.holds.begin(), checked.holds.end());
    all.fails.insert(all.fails.end(), checked.fails.begin(), checked.fails.end());
    fact("Block " + bundle.block + " at height " + std::to_string(bundle.height) + ", " + bundle.stage +
         ": reward " + bundle.reward.str() + ", fee " + bundle.fee.str() + ", " +
         std::to_string(bundle.lines.size()) + " accounts");
    auto head = tree_head();
    note("The bundle's log is the one of the tree head",
         head.log == bundle.log && head.size == bundle.log_size && head.root == bundle.log_root
             ? ""
             : "name, size or root differ");
    newer_heads(head);
    for (const auto& slice : bundle.slices) {
        if (!readable()) return;
        bundle_slice(bundle, slice);
    }
}

}  // namespace fleet::proof

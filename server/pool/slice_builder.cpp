#include "server/pool/slice_builder.h"

#include <algorithm>
#include <array>
#include <bit>

#include "fleet/ledger/window.h"
#include "stratum/sha256.h"
#include "stratum/target.h"

namespace server::pool {

using fleet::ledger::Integer;

namespace {

Integer integer_of(const stratum::Uint256& value) {
    Integer out = value.limb(3);
    for (const auto index : {2U, 1U, 0U}) out = (out << 64) | value.limb(index);
    return out;
}

stratum::Hash256 node_of(const stratum::Hash256& left, const stratum::Hash256& right) {
    std::array<std::uint8_t, 65> text;
    text[0] = 1;
    std::copy(left.bytes.begin(), left.bytes.end(), text.begin() + 1);
    std::copy(right.bytes.begin(), right.bytes.end(), text.begin() + 33);
    return stratum::sha256(text);
}

}  // namespace

std::optional<NetworkFacts> network_facts_of(std::uint32_t nbits) {
    const auto target = stratum::target_of_nbits(nbits);
    if (!target) return std::nullopt;
    NetworkFacts facts;
    facts.network_work = integer_of(stratum::work_of_target(*target));
    const auto weight = fleet::ledger::weight_of_hash(facts.network_work);
    if (!weight) return std::nullopt;
    facts.hash_weight = *weight;
    return facts;
}

void MerkleBuilder::add(const stratum::Hash256& leaf) {
    auto hash = leaf;
    // Each trailing one of the count is a subtree as large as what is being added.
    for (auto count = leaves_; (count & 1) != 0; count >>= 1) {
        hash = node_of(subtrees_.back(), hash);
        subtrees_.pop_back();
    }
    subtrees_.push_back(hash);
    ++leaves_;
}

stratum::Hash256 MerkleBuilder::root() const {
    STRATUM_ENSURE(!subtrees_.empty());
    auto hash = subtrees_.back();
    for (auto i = subtrees_.size() - 1; i-- > 0;) hash = node_of(subtrees_[i], hash);
    return hash;
}

stratum::Hash256 leaf_of(const SliceShare& share) {
    std::array<std::uint8_t, 113> text;
    text[0] = 0;
    stratum::store_le64(text.data() + 1, static_cast<std::uint64_t>(share.position));
    stratum::store_le64(text.data() + 9, static_cast<std::uint64_t>(share.received_at_us));
    const auto work = share.work.little_endian();
    std::copy(work.begin(), work.end(), text.begin() + 17);
    std::copy(share.account.bytes.begin(), share.account.bytes.end(), text.begin() + 49);
    std::copy(share.hash.bytes.begin(), share.hash.bytes.end(), text.begin() + 81);
    return stratum::sha256(text);
}

void SliceBuilder::add(const SliceKey& key, const NetworkFacts& network, const SliceShare& share,
                       std::vector<store::ClosedSlice>& closed) {
    if (open_ && open_->key != key) closed.push_back(close());
    put(key, network, share);
    if (open_shares() == store::slice_shares_max) closed.push_back(close());
}

void SliceBuilder::restore(const SliceKey& key, const NetworkFacts& network, const SliceShare& share) {
    put(key, network, share);
    auto& closed = closed_[key.chain];
    --closed.shares;
    const auto work = integer_of(share.work);
    closed.work -= work;
    closed.weight -= work * network.hash_weight;
}

store::ChainTotals SliceBuilder::totals(const store::Chain& chain) const {
    const auto found = closed_.find(chain);
    auto totals = found == closed_.end() ? store::ChainTotals{} : found->second;
    if (open_ && open_->key.chain == chain) {
        const auto work = integer_of(open_->work);
        totals.shares += open_shares();
        totals.work += work;
        totals.weight += work * open_->network.hash_weight;
    }
    return totals;
}

void SliceBuilder::put(const SliceKey& key, const NetworkFacts& network, const SliceShare& share) {
    if (!open_) {
        open_ = Open{};
        open_->key = key;
        open_->network = network;
        open_->first_position = share.position;
        open_->first_received_at_us = share.received_at_us;
        open_->last_received_at_us = share.received_at_us;
    }
    open_->last_position = share.position;
    open_->first_received_at_us = std::min(open_->first_received_at_us, share.received_at_us);
    open_->last_received_at_us = std::max(open_->last_received_at_us, share.received_at_us);
    open_->work = open_->work + share.work;
    auto& sum = open_->users[share.user];
    ++sum.shares;
    sum.work = sum.work + share.work;
    open_->merkle.add(leaf_of(share));
}

store::ClosedSlice SliceBuilder::close() {
    store::ClosedSlice slice;
    slice.chain = open_->key.chain;
    slice.first_position = open_->first_position;
    slice.last_position = open_->last_position;
    slice.nbits = open_->key.nbits;
    slice.rule = open_->key.rule;
    slice.network_work = open_->network.network_work;
    slice.work = integer_of(open_->work);
    slice.weight = slice.work * open_->network.hash_weight;
    auto& closed = closed_[slice.chain];
    closed.shares += open_shares();
    closed.work += slice.work;
    closed.weight += slice.weight;
    slice.cumulative_weight = closed.weight;
    slice.merkle_root = open_->merkle.root();
    slice.first_received_at_us = open_->first_received_at_us;
    slice.last_received_at_us = open_->last_received_at_us;
    slice.users.reserve(open_->users.size());
    for (const auto& [user, sum] : open_->users) slice.users.push_back({user, sum.shares, sum.work});
    // By user, so that rows of one slice lie in the order of their key.
    std::sort(slice.users.begin(), slice.users.end(),
              [](const auto& a, const auto& b) { return a.user < b.user; });
    open_.reset();
    return slice;
}

}  // namespace server::pool

#pragma once
// A small pool made from a seed: shares, slices, a log, and the proof files of a block in it. For tests.

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "fleet/ledger/settlement.h"
#include "fleet/ledger/window.h"
#include "fleet/proof/block_bundle.h"
#include "fleet/proof/signature.h"
#include "fleet/proof/statement.h"

namespace proof_samples {

using namespace fleet::proof;
using fleet::ledger::PayoutRule;

struct SampleShare {
    ShareLeaf leaf;
    std::string account;
    Integer network_work;
};

struct SampleWorld {
    static constexpr std::uint64_t slice_shares = 50;

    explicit SampleWorld(std::uint64_t seed, std::size_t count = 520) : random(seed) {
        rule.window_factor = 2;
        Integer network_work = Integer(1) << 40U;
        Integer cumulative = 0;
        for (std::uint64_t position = 1; position <= count; ++position) {
            const auto account = "user " + std::to_string(random() % 9);
            // 520 shares of 1/150 of the network's work on average: the window of 2 units holds some 300.
            const Integer work = network_work / 300 + random() % 3'000'000'000ULL + 1;
            shares.push_back(
                {{position, time_of(position), work, sha256(account), sha256(std::to_string(position))},
                 account,
                 network_work});
            if (position % slice_shares != 0) continue;
            close(cumulative);
            if (random() % 4 == 0) network_work += network_work / 7 + random() % 1000;
        }
    }

    static std::int64_t time_of(std::uint64_t position) {
        return 1'700'000'000'000'000 + static_cast<std::int64_t>(position) * 1'000'000;
    }

    std::vector<SampleShare> shares_of(const SliceLeaf& slice) const {
        const auto first = shares.begin() + static_cast<std::ptrdiff_t>(slice.first_position - 1);
        return {first, first + static_cast<std::ptrdiff_t>(slice.last_position - slice.first_position + 1)};
    }
    std::vector<SliceUser> users_of(const SliceLeaf& slice) const {
        std::map<Hash, SliceUser> users;
        for (const auto& share : shares_of(slice)) {
            auto& user = users[share.leaf.account];
            user.account = share.leaf.account;
            ++user.shares;
            user.work += share.leaf.work;
        }
        std::vector<SliceUser> out;
        for (const auto& [account, user] : users) out.push_back(user);
        return out;
    }
    std::vector<Hash> leaves_of(const SliceLeaf& slice) const {
        std::vector<Hash> out;
        for (const auto& share : shares_of(slice)) out.push_back(leaf_of(share.leaf));
        return out;
    }
    std::vector<SumNode> user_leaves_of(const SliceLeaf& slice) const {
        std::vector<SumNode> out;
        for (const auto& user : users_of(slice)) out.push_back(leaf_of(user).value());
        return out;
    }

    TreeHead head(std::size_t size) const {
        return {sha256("log"), size, root_of(std::span(log).first(size)), time_of(1000 + size)};
    }

    BlockBundle bundle(std::uint64_t frozen_position) const;
    // Of a block before the first share: the finder gets all.
    BlockBundle empty_bundle() const {
        auto out = bundle(1);
        out.works.clear();
        out.cut.reset();
        out.window_weight = out.oldest_position = out.newest_position = 0;
        const fleet::ledger::BlockReward block{out.coin, out.block, out.reward, out.finder};
        const auto settled = settle(rule, block, {}).value();
        out.lines = settled.lines;
        out.input_hash = sha256(canonical_input(rule, block, {}));
        out.output_hash = sha256(canonical_output(settled));
        return out;
    }
    std::string block_file(const BlockBundle& bundle) const;
    std::string slice_file(std::size_t index, std::size_t size, std::uint64_t position) const;

    std::mt19937_64 random;
    PayoutRule rule;
    std::vector<SampleShare> shares;
    std::vector<SliceLeaf> slices;
    std::vector<Hash> log;
    SigningKey key{*hash_of_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")};

  private:
    void close(Integer& cumulative) {
        SliceLeaf slice;
        slice.index = slices.size();
        slice.coin = "bitcoin";
        slice.algorithm = "sha256d";
        slice.last_position = shares.size();
        slice.first_position = shares.size() - slice_shares + 1;
        slice.nbits = 0x1d00ffff;
        slice.network_work = shares.back().network_work;
        slice.rule = 1;
        for (const auto& share : shares_of(slice)) slice.work += share.leaf.work;
        slice.weight = slice.work * fleet::ledger::weight_of_hash(slice.network_work).value();
        cumulative += slice.weight;
        slice.cumulative_weight = cumulative;
        slice.first_received_at_us = time_of(slice.first_position);
        slice.last_received_at_us = time_of(slice.last_position);
        slice.shares_root = root_of(leaves_of(slice));
        const auto users = user_leaves_of(slice);
        slice.users = users.size();
        slice.users_root = sum_root_of(users).value().hash;
        slices.push_back(slice);
        log.push_back(leaf_hash(text_of(slice)));
    }
};

// Shares up to `frozen_position` by falling position until the window is full, as the store reads it.
inline BlockBundle SampleWorld::bundle(std::uint64_t frozen_position) const {
    fleet::ledger::Window window(fleet::ledger::window_limit(rule.window_factor));
    BlockBundle out;
    std::map<std::pair<std::string, Integer>, std::pair<Integer, Integer>> works;
    for (auto position = frozen_position; position >= 1 && !window.full();) {
        const auto index = (position - 1) / slice_shares;
        if (position % slice_shares == 0 && index < slices.size() && slices[index].weight <= window.room()) {
            const auto& slice = slices[index];
            for (const auto& share : shares_of(slice)) {
                static_cast<void>(window
                                      .add_run(share.account, share.leaf.work,
                                               fleet::ledger::weight_of_hash(share.network_work).value())
                                      .value());
                works[{share.account, share.network_work}].first += share.leaf.work;
            }
            out.slices.push_back({index, slice.first_position, slice.last_position, slice.network_work,
                                  slice.work, log[index]});
            out.oldest_position = slice.first_position;
            position = slice.first_position - 1;
            continue;
        }
        const auto& share = shares[position - 1];
        const auto taken = window
                               .add_share(share.account, share.leaf.work,
                                          fleet::ledger::weight_of_hash(share.network_work).value())
                               .value();
        if (taken == fleet::ledger::Window::Taken::whole)
            works[{share.account, share.network_work}].second += share.leaf.work;
        else
            out.cut =
                BundleCut{share.account, position, share.network_work, share.leaf.work, *window.cut_weight()};
        out.oldest_position = position--;
    }
    std::reverse(out.slices.begin(), out.slices.end());
    for (const auto& [key_, work] : works)
        out.works.push_back({key_.first, key_.second, work.first, work.second});
    out.stage = "immature";
    out.coin = "bitcoin";
    out.algorithm = "sha256d";
    out.block = std::string(60, '0') + "abcd";
    out.height = 900'000;
    out.found_at_us = time_of(frozen_position) + 60'000'000;
    out.frozen_at_us = time_of(frozen_position);
    out.rule_version = 1;
    out.rule = canonical(rule);
    out.reward = 316'687'321;
    out.transaction_fees = 4'187'321;
    out.finder = "user 1";
    out.window_limit = window.limit();
    out.window_weight = window.total();
    out.newest_position = frozen_position;
    const fleet::ledger::BlockReward block{out.coin, out.block, out.reward, out.finder};
    const auto settled = settle(rule, block, window.weights()).value();
    out.input_hash = sha256(canonical_input(rule, block, window.weights()));
    out.output_hash = sha256(canonical_output(settled));
    out.fee = settled.fee;
    out.distributable = settled.distributable;
    out.lines = settled.lines;
    const auto size = log.size();
    out.log = head(size).log;
    out.log_size = size;
    out.log_root = head(size).root;
    out.transfers.push_back({"0123", "reward_subsidy", "coinbase", "", "fee_immature", "", out.fee});
    for (const auto& line : out.lines)
        out.transfers.push_back(
            {"4567", "reward_subsidy", "coinbase", "", "user_immature", "user:" + line.account, line.amount});
    return out;
}

inline std::string SampleWorld::block_file(const BlockBundle& bundle) const {
    auto out = text_of(signed_text(key, text_of(bundle))) +
               text_of(signed_text(key, text_of(head(bundle.log_size))));
    for (const auto& slice : bundle.slices)
        out += text_of(slices[slice.index]) +
               text_of(Inclusion{slice.index, bundle.log_size,
                                 inclusion_path(std::span(log).first(bundle.log_size), slice.index)});
    return out;
}

// The slice in the log of `size`, then the head of the whole log, one share and its user.
inline std::string SampleWorld::slice_file(std::size_t index, std::size_t size,
                                           std::uint64_t position) const {
    const auto& slice = slices[index];
    auto out = text_of(slice) +
               text_of(Inclusion{index, size, inclusion_path(std::span(log).first(size), index)}) +
               text_of(signed_text(key, text_of(head(size))));
    if (size < log.size())
        out += text_of(Consistency{size, log.size(), consistency_path(log, size)}) +
               text_of(signed_text(key, text_of(head(log.size()))));
    const auto& share = shares[position - 1];
    const auto place = position - slice.first_position;
    const auto leaves = leaves_of(slice);
    out += text_of(share.leaf) + text_of(Inclusion{place, leaves.size(), inclusion_path(leaves, place)});
    const auto users = users_of(slice);
    const auto user = std::find_if(users.begin(), users.end(),
                                   [&](const auto& one) { return one.account == share.leaf.account; });
    const auto user_place = static_cast<std::uint64_t>(user - users.begin());
    out += text_of(*user) +
           text_of(SumInclusion{user_place, users.size(), sum_path(user_leaves_of(slice), user_place)});
    return out;
}

}  // namespace proof_samples

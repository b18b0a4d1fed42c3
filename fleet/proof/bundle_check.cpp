// Computes a block's bundle again: window, weights, apportionment, hashes, transfers.

#include <charconv>
#include <map>
#include <tuple>

#include "fleet/ledger/settlement.h"
#include "fleet/ledger/window.h"
#include "fleet/proof/block_bundle.h"

namespace fleet::proof {

namespace {

using ledger::Weights;

std::optional<unsigned> number_after(std::string_view text, std::string_view key) {
    const auto at = text.find(key);
    if (at == std::string_view::npos) return std::nullopt;
    unsigned out = 0;
    const auto* begin = text.data() + at + key.size();
    if (std::from_chars(begin, text.data() + text.size(), out).ec != std::errc()) return std::nullopt;
    return out;
}

std::string why_lists_are_unordered(const BlockBundle& bundle) {
    for (std::size_t i = 1; i < bundle.slices.size(); ++i)
        if (bundle.slices[i].index <= bundle.slices[i - 1].index) return "slices are not in order";
    for (std::size_t i = 1; i < bundle.works.size(); ++i) {
        const auto& a = bundle.works[i - 1];
        const auto& b = bundle.works[i];
        if (std::tie(a.account, a.network_work) >= std::tie(b.account, b.network_work))
            return "work of " + b.account + " is not in order";
    }
    for (std::size_t i = 1; i < bundle.lines.size(); ++i)
        if (bundle.lines[i].account <= bundle.lines[i - 1].account)
            return "account " + bundle.lines[i].account + " is not in order";
    return {};
}

std::string why_slices_are_wrong(const BlockBundle& bundle) {
    std::uint64_t after = 0;
    for (const auto& slice : bundle.slices) {
        const auto name = "slice " + std::to_string(slice.index);
        if (slice.first_position <= after || slice.last_position < slice.first_position)
            return name + " overlaps another or has no positions";
        if (slice.first_position < bundle.oldest_position || slice.last_position > bundle.newest_position)
            return name + " reaches beyond the window";
        if (slice.index >= bundle.log_size) return name + " is not in the log of that size";
        after = slice.last_position;
    }
    return {};
}

// Users' work in whole slices is the slices' own, target by target.
std::string why_work_differs(const BlockBundle& bundle) {
    std::map<Integer, Integer> users;
    std::map<Integer, Integer> slices;
    for (const auto& work : bundle.works) {
        users[work.network_work] += work.sliced;
        slices[work.network_work] += 0;
    }
    for (const auto& slice : bundle.slices) {
        slices[slice.network_work] += slice.work;
        users[slice.network_work] += 0;
    }
    for (const auto& [network_work, work] : slices)
        if (users[network_work] != work)
            return "users have " + users[network_work].str() + ", slices " + work.str() +
                   " under network work " + network_work.str();
    return {};
}

Integer hash_weight_of(const Integer& network_work) {
    const auto weight = ledger::weight_of_hash(network_work);
    return weight ? *weight : Integer(0);
}

Weights weights_of(const BlockBundle& bundle) {
    Weights out;
    for (const auto& work : bundle.works)
        out[work.account] += (work.sliced + work.edge) * hash_weight_of(work.network_work);
    if (bundle.cut) out[bundle.cut->account] += bundle.cut->weight;
    return out;
}

std::string why_window_is_wrong(const BlockBundle& bundle, const ledger::PayoutRule& rule,
                                const Weights& weights) {
    if (bundle.window_limit != ledger::window_limit(rule.window_factor))
        return "the limit is not that of the rule";
    Integer sum = 0;
    for (const auto& [account, weight] : weights) sum += weight;
    if (sum != bundle.window_weight)
        return "the works weigh " + sum.str() + ", the window says " + bundle.window_weight.str();
    if (sum > bundle.window_limit) return "it holds more than its limit";
    if ((sum == 0) != (bundle.newest_position == 0)) return "an empty window has no positions";
    if (bundle.oldest_position > bundle.newest_position) return "its positions are no range";
    if (rule.scheme == ledger::Scheme::solo && sum != 0) return "the finder gets all: there is no window";
    return {};
}

std::string why_cut_is_wrong(const BlockBundle& bundle) {
    if (!bundle.cut) return {};
    const Integer whole = bundle.cut->work * hash_weight_of(bundle.cut->network_work);
    if (bundle.cut->weight >= whole) return "it counts whole";
    if (bundle.window_weight != bundle.window_limit) return "a share is cut though there is room";
    if (bundle.cut->position != bundle.oldest_position) return "it is not the oldest share";
    return {};
}

std::string why_amounts_differ(const BlockBundle& bundle, const ledger::Settlement& settled) {
    if (settled.fee != bundle.fee)
        return "the fee is " + settled.fee.str() + ", the bundle says " + bundle.fee.str();
    if (settled.distributable != bundle.distributable)
        return "distributable is " + settled.distributable.str() + ", the bundle says " +
               bundle.distributable.str();
    if (settled.lines.size() != bundle.lines.size()) return "other accounts are paid than have weight";
    for (std::size_t i = 0; i < settled.lines.size(); ++i) {
        const auto& ours = settled.lines[i];
        const auto& theirs = bundle.lines[i];
        const auto name = "account " + theirs.account;
        if (ours.account != theirs.account) return name + " has no weight";
        if (ours.weight != theirs.weight) return name + " weighs " + ours.weight.str();
        if (ours.floor != theirs.floor || ours.remainder != theirs.remainder || ours.extra != theirs.extra)
            return name + " is rounded wrongly";
        if (ours.amount != theirs.amount)
            return name + " gets " + ours.amount.str() + ", the bundle says " + theirs.amount.str();
    }
    return {};
}

// The books take the reward in once, and give it back when the block is lost.
std::string why_transfers_are_wrong(const BlockBundle& bundle) {
    Integer in = 0;
    Integer out = 0;
    for (const auto& transfer : bundle.transfers) {
        if (transfer.debit == "coinbase") in += transfer.amount;
        if (transfer.credit == "coinbase") out += transfer.amount;
    }
    if (bundle.stage == "reversed") {
        if (in != out || in < bundle.reward)
            return "they take in " + in.str() + " and give back " + out.str();
        return {};
    }
    const auto expected = bundle.stage == "immature" ? Integer(0) : bundle.reward;
    if (in != bundle.reward) return "they take in " + in.str() + " of " + bundle.reward.str();
    if (out != expected) return "they move on " + out.str() + " of " + expected.str();
    return {};
}

void check_settlement(Checked& out, const BlockBundle& bundle, const ledger::PayoutRule& rule,
                      const Weights& weights) {
    const ledger::BlockReward block{bundle.coin, bundle.block, bundle.reward, bundle.finder};
    const auto settled = ledger::settle(rule, block, weights);
    if (!settled) {
        out.note("The amounts can be computed", ledger::name_of(settled.error()));
        return;
    }
    out.note("Fee and amounts follow from rule and weights, account by account",
             why_amounts_differ(bundle, *settled));
    out.note("The input hash is that of rule, reward and weights",
             sha256(canonical_input(rule, block, weights)) == bundle.input_hash ? "" : "it is another");
    out.note("The output hash is that of the amounts",
             sha256(canonical_output(*settled)) == bundle.output_hash ? "" : "it is another");
}

}  // namespace

void Checked::note(std::string what, const std::string& why) {
    if (why.empty())
        holds.push_back(std::move(what));
    else
        fails.push_back(std::move(what) + ": " + why);
}

std::optional<ledger::PayoutRule> parse_rule(std::string_view canonical) {
    ledger::PayoutRule rule;
    if (canonical.find("\"scheme\":\"solo\"") != std::string_view::npos) rule.scheme = ledger::Scheme::solo;
    if (canonical.find("\"underfilled\":\"full\"") != std::string_view::npos)
        rule.underfilled = ledger::Underfilled::full;
    rule.window_factor = number_after(canonical, "\"window_factor\":").value_or(1);
    rule.fee_basis_points = number_after(canonical, "\"fee_basis_points\":").value_or(0);
    if (!ledger::checked_rule(rule) || ledger::canonical(rule) != canonical) return std::nullopt;
    return rule;
}

Checked check_bundle(const BlockBundle& bundle) {
    Checked out;
    const auto rule = parse_rule(bundle.rule);
    out.note("The rule is one that this program knows", rule ? "" : "it is not; a newer program may");
    if (!rule) return out;
    const auto looked = ledger::checked([&] {
        const auto weights = weights_of(bundle);
        out.note("Lists are in order, without repetition", why_lists_are_unordered(bundle));
        out.note("Slices lie in the window, side by side", why_slices_are_wrong(bundle));
        out.note("Users' work adds up to the slices' work", why_work_differs(bundle));
        out.note("The window is as long as the rule says", why_window_is_wrong(bundle, *rule, weights));
        out.note("The oldest share is cut where the window ends", why_cut_is_wrong(bundle));
        check_settlement(out, bundle, *rule, weights);
        out.note("Transfers in the books are the block's reward", why_transfers_are_wrong(bundle));
        return true;
    });
    if (!looked) out.note("All numbers fit 256 bits", "they do not");
    return out;
}

}  // namespace fleet::proof

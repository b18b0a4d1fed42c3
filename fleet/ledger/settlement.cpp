#include "fleet/ledger/settlement.h"

#include "fleet/ledger/window.h"

namespace fleet::ledger {

namespace {

// The accounts that share this block: the window, or the finder alone.
LedgerResult<Weights> weights_that_count(const PayoutRule& rule, const BlockReward& block,
                                         const Weights& weights) {
    Weights counted;
    if (rule.scheme == Scheme::pplns)
        for (const auto& [account, weight] : weights)
            if (weight != 0) counted.emplace(account, weight);
    if (counted.empty()) counted.emplace(block.finder, 1);
    return counted;
}

bool rest_stays_with_operator(const PayoutRule& rule, const Weights& weights) {
    return rule.scheme == Scheme::pplns && rule.underfilled == Underfilled::full && !weights.empty();
}

}  // namespace

LedgerResult<Settlement> settle(const PayoutRule& rule, const BlockReward& block, const Weights& weights) {
    const auto valid = checked_rule(rule);
    if (!valid) return valid.error();
    const auto fee = fee_of(block.reward, rule.fee_basis_points);
    if (!fee) return fee.error();
    const auto counted = weights_that_count(rule, block, weights);
    if (!counted) return counted.error();
    Settlement settlement;
    settlement.fee = *fee;
    settlement.distributable = block.reward - *fee;
    auto lines = apportion(settlement.distributable, *counted);
    const auto sum = sum_of(*counted);
    if (!sum) return sum.error();
    if (rest_stays_with_operator(rule, weights) && *sum < window_limit(rule.window_factor)) {
        lines = apportion_floor(settlement.distributable, *counted, window_limit(rule.window_factor));
        if (!lines) return lines.error();
        Integer paid = 0;
        for (const auto& line : *lines) paid += line.amount;
        settlement.fee = block.reward - paid;
        settlement.distributable = paid;
    }
    if (!lines) return lines.error();
    settlement.lines = std::move(*lines);
    return settlement;
}

std::string canonical_input(const PayoutRule& rule, const BlockReward& block, const Weights& weights) {
    std::string out = "hashyard payout input 1\nrule " + canonical(rule) + "\ncoin " + block.coin +
                      "\nblock " + block.block + "\nreward " + block.reward.str() + "\nfinder " +
                      block.finder + "\n";
    for (const auto& [account, weight] : weights) out += "weight " + account + " " + weight.str() + "\n";
    return out;
}

std::string canonical_output(const Settlement& settlement) {
    std::string out = "hashyard payout output 1\nfee " + settlement.fee.str() + "\ndistributable " +
                      settlement.distributable.str() + "\n";
    for (const auto& line : settlement.lines)
        out += "line " + line.account + " " + line.weight.str() + " " + line.floor.str() + " " +
               line.remainder.str() + " " + std::to_string(line.extra) + " " + line.amount.str() + "\n";
    return out;
}

}  // namespace fleet::ledger

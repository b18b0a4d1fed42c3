#include "fleet/ledger/reward.h"

#include <algorithm>

namespace fleet::ledger {

namespace {

std::vector<PayoutLine> floors(const Integer& amount, const Weights& weights, const Integer& denominator) {
    std::vector<PayoutLine> lines;
    lines.reserve(weights.size());
    for (const auto& [account, weight] : weights) {
        PayoutLine line{account, weight, 0, 0, 0, 0};
        const Integer product = amount * weight;
        boost::multiprecision::divide_qr(product, denominator, line.floor, line.remainder);
        line.amount = line.floor;
        lines.push_back(std::move(line));
    }
    return lines;
}

}  // namespace

LedgerResult<Integer> fee_of(const Integer& reward, unsigned fee_basis_points) {
    if (fee_basis_points > basis_points) return LedgerError::bad_rule;
    return checked([&] { return Integer(reward * fee_basis_points / basis_points); });
}

LedgerResult<Integer> sum_of(const Weights& weights) {
    return checked([&] {
        Integer sum = 0;
        for (const auto& [account, weight] : weights) sum += weight;
        return sum;
    });
}

LedgerResult<std::vector<PayoutLine>> apportion(const Integer& amount, const Weights& weights) {
    const auto denominator = sum_of(weights);
    if (!denominator) return denominator.error();
    if (*denominator == 0) {
        if (amount != 0) return LedgerError::no_weight;
        return apportion_floor(0, weights, 1);
    }
    return checked([&] {
        auto lines = floors(amount, weights, *denominator);
        Integer left = amount;
        for (const auto& line : lines) left -= line.floor;
        std::vector<PayoutLine*> order;
        order.reserve(lines.size());
        for (auto& line : lines) order.push_back(&line);
        // Lines are in ascending order of account already, so a stable sort breaks ties by it.
        std::stable_sort(order.begin(), order.end(), [](const PayoutLine* a, const PayoutLine* b) {
            return a->remainder > b->remainder;
        });
        // The remainders add up to left * denominator and each is below the denominator: fewer units than
        // accounts.
        for (std::size_t i = 0; left > 0; ++i, --left) {
            order[i]->extra = 1;
            ++order[i]->amount;
        }
        return lines;
    });
}

LedgerResult<std::vector<PayoutLine>> apportion_floor(const Integer& amount, const Weights& weights,
                                                      const Integer& denominator) {
    const auto sum = sum_of(weights);
    if (!sum) return sum.error();
    if (denominator == 0 || *sum > denominator) return LedgerError::no_weight;
    return checked([&] { return floors(amount, weights, denominator); });
}

}  // namespace fleet::ledger

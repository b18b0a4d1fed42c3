#include "fleet/payout/payment_check.h"

#include <map>

namespace fleet::payout {

namespace {

PaymentVerdict wrong(std::string text) { return {std::move(text), 0, 0}; }

}  // namespace

PaymentVerdict check_payment(const Transaction& transaction, const ExpectedPayment& expected,
                             Signatures signatures) {
    std::map<OutPoint, std::int64_t> coins;
    for (const auto& coin : expected.coins) coins[coin.point] = coin.amount_sats;
    std::int64_t in_sats = 0;
    for (const auto& input : transaction.inputs) {
        const auto coin = coins.find(input.previous);
        if (coin == coins.end())
            return wrong("it spends " + input.previous.txid + ":" + std::to_string(input.previous.index) +
                         ", which the batch did not choose, or twice");
        in_sats += coin->second;
        coins.erase(coin);
        if (signatures == Signatures::present && input.script.empty() && input.witness.empty())
            return wrong("an input is not signed");
    }
    if (!coins.empty()) return wrong("it leaves out an input that the batch chose");
    if (in_sats > money_max_sats) return wrong("its inputs hold more money than there is");

    std::map<Bytes, std::int64_t> owed;
    for (const auto& output : expected.outputs) {
        if (!owed.emplace(output.script, output.amount_sats).second)
            return wrong("the batch names the script " + hex_of(output.script) + " twice");
    }
    PaymentVerdict verdict;
    std::int64_t out_sats = 0;
    bool change_seen = false;
    for (const auto& output : transaction.outputs) {
        out_sats += output.amount_sats;
        if (const auto payee = owed.find(output.script); payee != owed.end()) {
            if (payee->second != output.amount_sats)
                return wrong("it pays " + std::to_string(output.amount_sats) + " instead of " +
                             std::to_string(payee->second) + " satoshis to " + hex_of(output.script));
            owed.erase(payee);
        } else if (!change_seen && !expected.change_script.empty() &&
                   output.script == expected.change_script) {
            change_seen = true;
            verdict.change_sats = output.amount_sats;
        } else {
            return wrong("it pays " + std::to_string(output.amount_sats) + " satoshis to " +
                         hex_of(output.script) + ", to whom nothing is due");
        }
    }
    if (!owed.empty()) return wrong("it does not pay " + hex_of(owed.begin()->first));
    if (out_sats > in_sats) return wrong("it pays more than it spends");
    verdict.fee_sats = in_sats - out_sats;
    if (verdict.fee_sats > expected.fee_max_sats)
        return wrong("its fee of " + std::to_string(verdict.fee_sats) + " satoshis is above " +
                     std::to_string(expected.fee_max_sats));
    const auto vbytes = static_cast<std::int64_t>(vbytes_of(transaction));
    if (signatures == Signatures::present && verdict.fee_sats > expected.fee_max_sats_per_vbyte * vbytes)
        return wrong("its fee of " + std::to_string(verdict.fee_sats) + " satoshis for " +
                     std::to_string(vbytes) + " vbytes is above the highest rate");
    return verdict;
}

}  // namespace fleet::payout

#include "fleet/ledger/fee_share.h"

#include "fleet/ledger/reward.h"

namespace fleet::ledger {

namespace {

Integer weight_of(FeeShare share, const FeePayer& payer) {
    switch (share) {
        case FeeShare::equal:
            return 1;
        case FeeShare::pro_rata:
            return payer.amount;
        case FeeShare::output_size:
            return payer.output_vbytes;
    }
    return 0;
}

}  // namespace

const char* name_of(FeeShare share) {
    switch (share) {
        case FeeShare::equal:
            return "equal";
        case FeeShare::pro_rata:
            return "pro_rata";
        case FeeShare::output_size:
            return "output_size";
    }
    return "unknown";
}

std::optional<FeeShare> parse_fee_share(std::string_view text) {
    for (const auto share : {FeeShare::equal, FeeShare::pro_rata, FeeShare::output_size})
        if (text == name_of(share)) return share;
    return std::nullopt;
}

LedgerResult<std::vector<FeeCharged>> charge_fee(FeeShare share, const Integer& fee,
                                                 const std::vector<FeePayer>& payers) {
    Weights weights;
    Weights amounts;
    for (const auto& payer : payers) {
        weights[payer.account] = weight_of(share, payer);
        if (!amounts.emplace(payer.account, payer.amount).second) return LedgerError::bad_rule;
    }
    const auto lines = apportion(fee, weights);
    if (!lines) return lines.error();
    std::vector<FeeCharged> charged;
    for (const auto& line : *lines) {
        const auto& amount = amounts[line.account];
        if (line.amount > amount) return LedgerError::bad_rule;
        charged.push_back({line.account, line.amount, amount - line.amount});
    }
    return charged;
}

}  // namespace fleet::ledger

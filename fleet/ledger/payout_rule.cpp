#include "fleet/ledger/payout_rule.h"

#include "fleet/ledger/reward.h"
#include "fleet/ledger/window.h"

namespace fleet::ledger {

const char* name_of(Scheme scheme) { return scheme == Scheme::solo ? "solo" : "pplns"; }

std::optional<Scheme> parse_scheme(std::string_view text) {
    for (const auto scheme : {Scheme::pplns, Scheme::solo})
        if (text == name_of(scheme)) return scheme;
    return std::nullopt;
}

const char* name_of(Underfilled policy) { return policy == Underfilled::full ? "full" : "log"; }

std::optional<Underfilled> parse_underfilled(std::string_view text) {
    for (const auto policy : {Underfilled::log, Underfilled::full})
        if (text == name_of(policy)) return policy;
    return std::nullopt;
}

LedgerResult<PayoutRule> checked_rule(const PayoutRule& rule) {
    if (rule.window_factor < 1 || rule.window_factor > window_factor_max ||
        rule.fee_basis_points > basis_points)
        return LedgerError::bad_rule;
    return rule;
}

std::string canonical(const PayoutRule& rule) {
    const auto fee = "\"fee_basis_points\":" + std::to_string(rule.fee_basis_points);
    if (rule.scheme == Scheme::solo) return "{" + fee + ",\"format\":1,\"scheme\":\"solo\"}";
    return "{\"empty_window\":\"finder\"," + fee +
           ",\"format\":1,\"oldest_share\":\"cut\",\"rounding\":\"largest_remainder_then_account\","
           "\"scheme\":\"pplns\"," +
           "\"underfilled\":\"" + name_of(rule.underfilled) +
           "\",\"view\":\"received_by_job_issue\",\"window_factor\":" + std::to_string(rule.window_factor) +
           "}";
}

}  // namespace fleet::ledger

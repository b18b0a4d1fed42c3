#include "fleet/payout/plan.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>

namespace fleet::payout {

ScriptKind kind_of(ByteView script) {
    const auto starts = [&](std::initializer_list<std::uint8_t> bytes) {
        return script.size() >= bytes.size() && std::equal(bytes.begin(), bytes.end(), script.begin());
    };
    if (script.size() == 25 && starts({0x76, 0xa9, 0x14}) && script[23] == 0x88 && script[24] == 0xac)
        return ScriptKind::p2pkh;
    if (script.size() == 23 && starts({0xa9, 0x14}) && script[22] == 0x87) return ScriptKind::p2sh;
    if (script.size() == 22 && starts({0x00, 0x14})) return ScriptKind::p2wpkh;
    if (script.size() == 34 && starts({0x00, 0x20})) return ScriptKind::p2wsh;
    if (script.size() == 34 && starts({0x51, 0x20})) return ScriptKind::p2tr;
    return ScriptKind::unknown;
}

std::int64_t dust_sats(ByteView script) {
    switch (kind_of(script)) {
        case ScriptKind::p2pkh:
            return 546;
        case ScriptKind::p2sh:
            return 540;
        case ScriptKind::p2wpkh:
            return 294;
        case ScriptKind::p2wsh:
        case ScriptKind::p2tr:
            return 330;
        case ScriptKind::unknown:
            break;
    }
    return 0;
}

const char* name_of(HeldReason reason) {
    switch (reason) {
        case HeldReason::below_threshold:
            return "below_threshold";
        case HeldReason::below_dust:
            return "below_dust";
        case HeldReason::no_address:
            return "no_address";
        case HeldReason::unsupported_script:
            return "unsupported_script";
        case HeldReason::quarantined:
            return "quarantined";
        case HeldReason::batch_full:
            return "batch_full";
    }
    return "";
}

namespace {

// Why nothing may be paid to this one; nullopt: `amount` may.
std::optional<Held> held(const Candidate& candidate, std::int64_t amount_sats, const PlanRules& rules) {
    const auto because = [&](HeldReason reason) { return Held{candidate.party, reason, {}}; };
    if (!candidate.quarantine.empty())
        return Held{candidate.party, HeldReason::quarantined, candidate.quarantine};
    if (candidate.script.empty()) return because(HeldReason::no_address);
    if (kind_of(candidate.script) == ScriptKind::unknown) return because(HeldReason::unsupported_script);
    if (candidate.available_sats < std::max(rules.threshold_sats, candidate.threshold_sats))
        return because(HeldReason::below_threshold);
    if (amount_sats < dust_sats(candidate.script)) return because(HeldReason::below_dust);
    return std::nullopt;
}

}  // namespace

std::vector<Output> outputs_of(const std::vector<PlannedItem>& items) {
    std::map<Bytes, std::int64_t> sums;
    for (const auto& item : items) sums[item.script] += item.amount_sats;
    std::vector<Output> outputs;
    for (const auto& [script, amount_sats] : sums) outputs.push_back({script, amount_sats});
    return outputs;
}

Plan plan_payout(std::vector<Candidate> candidates, const PlanRules& rules) {
    const auto amount_of = [&](const Candidate& candidate) {
        return std::min({candidate.available_sats, rules.payee_max_sats, rules.batch_max_sats});
    };
    std::sort(candidates.begin(), candidates.end(), [&](const Candidate& a, const Candidate& b) {
        return amount_of(a) != amount_of(b) ? amount_of(a) > amount_of(b) : a.party < b.party;
    });
    Plan plan;
    for (const auto& candidate : candidates) {
        const auto amount_sats = amount_of(candidate);
        if (auto why = held(candidate, amount_sats, rules)) {
            plan.held.push_back(std::move(*why));
        } else if (plan.items.size() >= rules.payees_max ||
                   amount_sats > rules.batch_max_sats - plan.total_sats) {
            plan.held.push_back({candidate.party, HeldReason::batch_full, {}});
        } else {
            plan.items.push_back({candidate.party, candidate.script, amount_sats});
            plan.total_sats += amount_sats;
        }
    }
    const auto by_party = [](const auto& a, const auto& b) { return a.party < b.party; };
    std::sort(plan.items.begin(), plan.items.end(), by_party);
    std::sort(plan.held.begin(), plan.held.end(), by_party);
    plan.outputs = outputs_of(plan.items);
    return plan;
}

std::vector<std::int64_t> fee_shares(const std::vector<Output>& outputs, std::int64_t fee_sats) {
    const auto bytes = [](const Output& output) {
        return static_cast<std::int64_t>(output.script.size()) + 9;
    };
    std::int64_t total = 0;
    for (const auto& output : outputs) total += bytes(output);
    if (total == 0 || fee_sats < 0 || fee_sats > money_max_sats / 43) return {};
    std::vector<std::int64_t> shares;
    std::vector<std::size_t> order(outputs.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::int64_t left = fee_sats;
    for (const auto& output : outputs) {
        shares.push_back(fee_sats * bytes(output) / total);
        left -= shares.back();
    }
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const auto over_a = fee_sats * bytes(outputs[a]) % total;
        const auto over_b = fee_sats * bytes(outputs[b]) % total;
        return over_a != over_b ? over_a > over_b : outputs[a] < outputs[b];
    });
    for (std::size_t i = 0; left > 0; ++i, --left) ++shares[order[i]];
    for (std::size_t i = 0; i < outputs.size(); ++i)
        if (outputs[i].amount_sats - shares[i] < dust_sats(outputs[i].script)) return {};
    return shares;
}

}  // namespace fleet::payout

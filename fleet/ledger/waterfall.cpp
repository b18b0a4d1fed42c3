#include "fleet/ledger/waterfall.h"

namespace fleet::ledger {

namespace {

constexpr std::string_view source_kind = "waterfall";

// Without holders nothing is shared, which is fine as long as nothing is due.
LedgerResult<std::vector<PayoutLine>> share(const Integer& amount, const Weights& units) {
    if (amount == 0 && units.empty()) return std::vector<PayoutLine>{};
    return apportion(amount, units);
}

struct Sums {
    Integer electricity;
    Integer operating;
    Integer net;
    Integer deficit;
};

Sums sums_of(const WaterfallInput& input) {
    Sums sums;
    for (const auto& cost : input.costs)
        (cost.kind == CostKind::electricity ? sums.electricity : sums.operating) += cost.amount;
    const Integer spent =
        sums.electricity + sums.operating + input.taken_back + input.deficit_brought_forward;
    if (input.mined >= spent)
        sums.net = input.mined - spent;
    else
        sums.deficit = spent - input.mined;
    return sums;
}

}  // namespace

LedgerResult<SplitRule> checked_split(const SplitRule& rule) {
    const auto sum = static_cast<std::uint64_t>(rule.holders_basis_points) + rule.reinvest_basis_points +
                     rule.foundation_basis_points;
    if (sum != basis_points) return LedgerError::bad_rule;
    return rule;
}

std::optional<SplitRule> split_of_month(const std::vector<DatedSplit>& rules, std::string_view month) {
    const DatedSplit* found = nullptr;
    for (const auto& candidate : rules)
        if (candidate.from_month <= month && (found == nullptr || candidate.from_month >= found->from_month))
            found = &candidate;
    if (found == nullptr) return std::nullopt;
    return found->rule;
}

const char* name_of(CostKind kind) {
    switch (kind) {
        case CostKind::electricity:
            return "electricity";
        case CostKind::operating:
            return "operating";
    }
    return "unknown";
}

std::optional<CostKind> parse_cost_kind(std::string_view text) {
    for (const auto kind : {CostKind::electricity, CostKind::operating})
        if (text == name_of(kind)) return kind;
    return std::nullopt;
}

LedgerResult<Waterfall> run_waterfall(const WaterfallInput& input) {
    const auto rule = checked_split(input.rule);
    if (!rule) return rule.error();
    const auto sums = checked([&] { return sums_of(input); });
    if (!sums) return sums.error();
    const auto parts = apportion(sums->net, {{"foundation", rule->foundation_basis_points},
                                             {"holders", rule->holders_basis_points},
                                             {"reinvest", rule->reinvest_basis_points}});
    if (!parts) return parts.error();
    auto lines = share((*parts)[1].amount, input.units);
    if (!lines) return lines.error();
    return Waterfall{sums->electricity,  sums->operating,    sums->net,          sums->deficit,
                     (*parts)[1].amount, (*parts)[2].amount, (*parts)[0].amount, std::move(*lines)};
}

std::string canonical_input(const WaterfallInput& input) {
    std::string text = "hashyard waterfall 1\nmonth " + input.month + " " + input.asset + "\nmined " +
                       input.mined.str() + "\ntaken_back " + input.taken_back.str() + "\n";
    for (const auto& cost : input.costs)
        text += std::string("cost ") + name_of(cost.kind) + (cost.converted ? " converted " : " own ") +
                cost.amount.str() + " " + cost.evidence + "\n";
    text += "deficit " + input.deficit_brought_forward.str() + "\nsplit " +
            std::to_string(input.rule.holders_basis_points) + " " +
            std::to_string(input.rule.reinvest_basis_points) + " " +
            std::to_string(input.rule.foundation_basis_points) + "\nrecord " +
            std::to_string(input.record_at_us) + "\n";
    for (const auto& [holder, units] : input.units) text += "units " + units.str() + " " + holder + "\n";
    return text;
}

std::string canonical_output(const Waterfall& waterfall) {
    std::string text = "hashyard waterfall result 1\nelectricity " + waterfall.electricity.str() +
                       "\noperating " + waterfall.operating.str() + "\nnet " + waterfall.net.str() +
                       "\ndeficit " + waterfall.deficit_carried_forward.str() + "\nholders " +
                       waterfall.holders.str() + "\nreinvest " + waterfall.reinvest.str() + "\nfoundation " +
                       waterfall.foundation.str() + "\n";
    for (const auto& line : waterfall.lines) text += "line " + line.amount.str() + " " + line.account + "\n";
    return text;
}

std::vector<Transfer> waterfall_transfers(const WaterfallInput& input, const Waterfall& waterfall,
                                          const std::string& source_id, std::int64_t event_at_us) {
    std::vector<Transfer> transfers;
    transfers.reserve(waterfall.lines.size() + 3);
    const AccountKey retained{input.asset, "retained", "", ""};
    const auto add = [&](const std::string& purpose, const std::string& party, const Integer& amount,
                         const std::string& code) {
        if (amount == 0) return;
        transfers.push_back({transfer_id(source_kind, source_id, code, party),
                             retained,
                             {input.asset, purpose, party, ""},
                             amount,
                             code,
                             event_at_us,
                             std::string(source_kind),
                             source_id});
    };
    Integer converted = 0;
    for (const auto& cost : input.costs)
        if (cost.converted) converted += cost.amount;
    add("cost_cover", "", converted, "cost_cover");
    for (const auto& line : waterfall.lines)
        add("holder", "holder:" + line.account, line.amount, "holder_share");
    add("reinvest_fund", "", waterfall.reinvest, "reinvest_share");
    add("foundation_fund", "", waterfall.foundation, "foundation_share");
    return transfers;
}

}  // namespace fleet::ledger

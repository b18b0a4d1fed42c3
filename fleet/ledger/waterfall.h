#pragma once
// A month's waterfall of one asset: what the farm's own machines mined, less electricity and operating cost,
// less the deficit of the months before; what remains goes to holders, reinvestment and foundation. Pure; any
// thread; the same input gives the same bytes, so anyone can compute a month again and compare hashes.
// The split and the holders' parts are rounded by largest remainder (reward.h): a net of 190,956,789 at
// 30/50/20 is 57,287,037 / 95,478,394 / 38,191,358, since the remainders are .7, .5 and .8. Equal remainders
// go to foundation, then holders, then reinvestment (by name); among holders to the lower name by its bytes.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/ledger/reward.h"
#include "fleet/ledger/transfer.h"

namespace fleet::ledger {

// Parts of what remains, in hundredths of a percent; together 10,000.
struct SplitRule {
    unsigned holders_basis_points = 3'000;
    unsigned reinvest_basis_points = 5'000;
    unsigned foundation_basis_points = 2'000;

    friend bool operator==(const SplitRule&, const SplitRule&) = default;
};
// bad_rule unless the parts add up to 10,000.
[[nodiscard]] LedgerResult<SplitRule> checked_split(const SplitRule& rule);

struct DatedSplit {
    std::string from_month;  // "2026-11": the first month it holds for
    SplitRule rule;
};
// The rule with the latest first month that is not after `month`; among equal ones the last in the list.
[[nodiscard]] std::optional<SplitRule> split_of_month(const std::vector<DatedSplit>& rules,
                                                      std::string_view month);

enum class CostKind { electricity, operating };
const char* name_of(CostKind kind);
[[nodiscard]] std::optional<CostKind> parse_cost_kind(std::string_view text);

struct MonthCost {
    CostKind kind = CostKind::electricity;
    Integer amount;          // base units of the waterfall's asset
    bool converted = false;  // the bill is in other money; its price stands in `evidence`
    std::string evidence;    // one line that names the bill, its amount and its price; enters the input hash
};

struct WaterfallInput {
    std::string asset;              // "BTC"
    std::string month;              // "2026-10"
    std::int64_t record_at_us = 0;  // whose units these are
    Integer mined;                  // mature coin of own machines
    Integer taken_back;             // of earlier months' coin: its block was reorganised away afterwards
    std::vector<MonthCost> costs;
    Integer deficit_brought_forward;
    SplitRule rule;
    Weights units;  // by holder's name
};

struct Waterfall {
    Integer electricity;
    Integer operating;
    Integer net;                      // holders + reinvest + foundation; zero in a month of loss
    Integer deficit_carried_forward;  // zero unless net is
    Integer holders;
    Integer reinvest;
    Integer foundation;
    std::vector<PayoutLine> lines;  // ascending by holder; their amounts add up to `holders`
};

// no_weight: holders are to be paid and nobody has units. bad_rule: the split does not add up.
[[nodiscard]] LedgerResult<Waterfall> run_waterfall(const WaterfallInput& input);

// What was computed from and what came out, as text lines to be hashed.
[[nodiscard]] std::string canonical_input(const WaterfallInput& input);
[[nodiscard]] std::string canonical_output(const Waterfall& waterfall);

// What the books get: from retained earnings to the holders, the two funds, and the cover of the bills in
// other money. Income and expenses stay where they are, so retained + mining - expenses = -deficit. Amounts
// of zero make no transfer. `source_id` names the run.
[[nodiscard]] std::vector<Transfer> waterfall_transfers(const WaterfallInput& input,
                                                        const Waterfall& waterfall,
                                                        const std::string& source_id,
                                                        std::int64_t event_at_us);

}  // namespace fleet::ledger

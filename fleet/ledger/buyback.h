#pragma once
// How much of a quarter's revenue buys back coins, and which line brings how much of it. Pure; any thread.
// The part is taken of the total and rounded down once, then shared by line with the largest remainder:
// rounding each line down would lose up to a unit a line.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/ledger/integer.h"

namespace fleet::ledger {

struct LineRevenue {
    std::string line;
    Integer earned;
    Integer returned;  // reversals; may exceed what was earned, of an earlier quarter
};

struct BuybackLine {
    std::string line;
    Integer earned;
    Integer returned;
    Integer amount;
};
struct Buyback {
    Integer total;                   // earned less returned over all lines; zero when that is negative
    Integer amount;                  // floor(total * basis points / 10,000) = the sum of the lines' amounts
    std::vector<BuybackLine> lines;  // ascending by line
};
// A line that returned more than it earned lowers the total and brings nothing. bad_rule: more than 10,000
// basis points, or the same line twice.
[[nodiscard]] LedgerResult<Buyback> buyback_of(const std::vector<LineRevenue>& revenue,
                                               unsigned basis_points_of_total);

// "2026-Q4": three months, UTC; 1970 to 2199.
struct Quarter {
    std::string name;
    std::int64_t from_us = 0;
    std::int64_t until_us = 0;  // not included
};
[[nodiscard]] std::optional<Quarter> parse_quarter(std::string_view text);
[[nodiscard]] Quarter quarter_before(const Quarter& quarter);

// What a run was computed from and what came out, as text lines to be hashed.
[[nodiscard]] std::string canonical_buyback_input(const std::string& quarter, const std::string& asset,
                                                  unsigned basis_points_of_total, const Buyback& buyback);
[[nodiscard]] std::string canonical_buyback_output(const Buyback& buyback);

}  // namespace fleet::ledger

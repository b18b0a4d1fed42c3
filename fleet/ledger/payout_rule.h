#pragma once
// How rewards are shared, as data. Pure; any thread. A rule gets a version number when the store first meets
// it and never changes afterwards: its canonical text enters the input hash of every run.

#include <optional>
#include <string>
#include <string_view>

#include "fleet/ledger/integer.h"

namespace fleet::ledger {

enum class Scheme {
    pplns,  // the last X units of network work before the winning job was issued
    solo    // the finder gets all
};
const char* name_of(Scheme scheme);
[[nodiscard]] std::optional<Scheme> parse_scheme(std::string_view text);

// What divides the reward while the log is shorter than the window.
enum class Underfilled {
    log,  // what is there: participants get everything from the first block on
    full  // the full window: the rest stays with the operator (Rosenfeld's statistical loan)
};
const char* name_of(Underfilled policy);
[[nodiscard]] std::optional<Underfilled> parse_underfilled(std::string_view text);

struct PayoutRule {
    Scheme scheme = Scheme::pplns;
    unsigned window_factor = 8;  // X, in units of network work
    unsigned fee_basis_points = 100;
    Underfilled underfilled = Underfilled::log;

    friend bool operator==(const PayoutRule&, const PayoutRule&) = default;
};

// bad_rule unless 1 <= window_factor <= window_factor_max and fee_basis_points <= 10,000.
[[nodiscard]] LedgerResult<PayoutRule> checked_rule(const PayoutRule& rule);

// JSON with sorted keys and no spaces: the same rule gives the same bytes for ever. It also states what has
// no knob: the oldest share is cut, an empty window goes to the finder, remainders go to the largest, ties by
// account.
[[nodiscard]] std::string canonical(const PayoutRule& rule);

}  // namespace fleet::ledger

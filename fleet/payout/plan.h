#pragma once
// Who is due in the next payout, and what its transaction pays. Pure; any thread. Amounts in satoshis. The
// order of the candidates does not matter; one bad payee never stops the others.

#include <cstdint>
#include <string>
#include <vector>

#include "fleet/payout/transaction.h"

namespace fleet::payout {

enum class ScriptKind { p2pkh, p2sh, p2wpkh, p2wsh, p2tr, unknown };
[[nodiscard]] ScriptKind kind_of(ByteView script);
// Below it nodes do not relay an output, at 3,000 sat/kvB. 0 for an unknown script.
[[nodiscard]] std::int64_t dust_sats(ByteView script);

struct Candidate {
    std::string party;  // "user:NAME"
    Bytes script;       // empty: there is no address
    std::int64_t available_sats = 0;
    std::int64_t threshold_sats = 0;  // one's own; the pool's counts when it is higher
    std::string quarantine;           // why this one may not be paid now; empty: may
};

struct PlanRules {
    std::int64_t threshold_sats = 100'000;
    std::int64_t payee_max_sats = money_max_sats;  // more waits for the next batch
    std::int64_t batch_max_sats = money_max_sats;
    std::size_t payees_max = 1000;  // a larger transaction is dear to replace
};

enum class HeldReason {
    below_threshold,
    below_dust,
    no_address,
    unsupported_script,
    quarantined,
    batch_full
};
const char* name_of(HeldReason reason);

struct PlannedItem {
    std::string party;
    Bytes script;
    std::int64_t amount_sats = 0;
};
struct Held {
    std::string party;
    HeldReason reason = HeldReason::below_threshold;
    std::string detail;
};
struct Plan {
    std::vector<PlannedItem> items;  // by party
    std::vector<Output> outputs;     // by script; parties with one script share an output
    std::vector<Held> held;          // by party
    std::int64_t total_sats = 0;     // of items, and of outputs
};

// The largest amounts go first when not all fit, parties in the order of their bytes among equals.
[[nodiscard]] Plan plan_payout(std::vector<Candidate> candidates, const PlanRules& rules);
[[nodiscard]] std::vector<Output> outputs_of(const std::vector<PlannedItem>& items);

// What each output bears of the network fee when payees pay it: by its bytes, largest remainder, exact.
// Empty when an output would fall below dust.
[[nodiscard]] std::vector<std::int64_t> fee_shares(const std::vector<Output>& outputs, std::int64_t fee_sats);

}  // namespace fleet::payout

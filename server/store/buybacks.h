#pragma once
// The quarterly buyback: a run for each quarter and currency, proposed by one person, approved by another
// (the database holds that), posted into buyback_reserve, reversible. Any thread; one transaction each.
// A run covers all revenue dated before its quarter's end that no other run covers, so what is booked late,
// or taken back, counts in the next one; a quarter without a positive amount has no run, and its revenue
// counts in the next.

#include <cstdint>
#include <string>
#include <vector>

#include "fleet/ledger/buyback.h"
#include "fleet/ledger/transfer.h"
#include "server/store/database.h"

namespace server::store {

struct BuybackRule {
    std::int64_t valid_from_us = 0;  // for quarters that begin then or later
    unsigned basis_points = 0;
    std::string set_by;
};
// Newest first.
[[nodiscard]] Stored<std::vector<BuybackRule>> buyback_rules(Database& database);
// Empty, or why not: a rule from that instant on stands already.
[[nodiscard]] Stored<std::string> set_buyback_rule(Database& database, const BuybackRule& rule);

struct BuybackPreview {
    unsigned basis_points = 0;
    fleet::ledger::Buyback buyback;
    std::size_t transfers = 0;  // that the run would cover
    std::size_t late = 0;       // of them dated before the quarter
    std::string refused;        // why no run can be proposed now
};
[[nodiscard]] Stored<BuybackPreview> preview_buyback(Database& database,
                                                     const fleet::ledger::Quarter& quarter,
                                                     const std::string& asset, std::int64_t now_us);

struct BuybackOutcome {
    std::int64_t run = 0;
    bool changed = false;
    std::string refused;  // why not; empty and not changed: it was so already
};
// Refused: the quarter is not over, has a run, or an earlier one needs a run first; nothing to buy back.
[[nodiscard]] Stored<BuybackOutcome> propose_buyback(Database& database,
                                                     const fleet::ledger::Quarter& quarter,
                                                     const std::string& asset, const std::string& by,
                                                     std::int64_t now_us);
[[nodiscard]] Stored<BuybackOutcome> approve_buyback(Database& database, std::int64_t run,
                                                     const std::string& by);
// retained to buyback_reserve, a transfer a line, dated in the quarter's last instant.
[[nodiscard]] Stored<BuybackOutcome> post_buyback(Database& database, std::int64_t run, std::int64_t now_us);
// Withdraws a run that is not posted, takes back one that is; its revenue is free for another run. Refused:
// the reserve was spent already.
[[nodiscard]] Stored<BuybackOutcome> end_buyback(Database& database, std::int64_t run, const std::string& by,
                                                 const std::string& why, std::int64_t now_us);

struct BuybackRun {
    std::int64_t run = 0;
    std::string quarter;
    std::string asset;
    unsigned basis_points = 0;
    std::string state;  // proposed, approved, posted, reversed, withdrawn
    fleet::ledger::Buyback buyback;
    std::string input_hash;  // hex
    std::string output_hash;
    std::string proposed_by;
    std::string approved_by;
    std::string ended_by;
    std::string ended_why;
};
// Newest first.
[[nodiscard]] Stored<std::vector<BuybackRun>> list_buybacks(Database& database);

}  // namespace server::store

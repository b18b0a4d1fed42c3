#pragma once
// Months of the waterfall: previewed, proposed by one person, approved by another, posted, reversed. Any
// thread; one transaction each. Months of an asset go in order and none is left out. Every step may be called
// twice: the second call changes nothing.
// A month takes own machines' coin that became mature in it and every bill that accrued in it; what came too
// late for the month before (coin booked after it was proposed, bills entered later) joins the next one.

#include <cstdint>
#include <string>
#include <vector>

#include "fleet/ledger/waterfall.h"
#include "server/store/database.h"

namespace server::store {

struct WaterfallRun {
    std::int64_t id = 0;  // 0: a preview
    std::string asset;
    std::string month;
    std::string state;  // preview, proposed, approved, posted, reversed, withdrawn
    std::int64_t record_at_us = 0;
    fleet::ledger::SplitRule rule;
    fleet::ledger::Integer mined;
    fleet::ledger::Integer taken_back;
    fleet::ledger::Integer deficit_brought_forward;
    fleet::ledger::Waterfall result;              // lines: of previews and waterfall_run() only
    std::vector<fleet::ledger::MonthCost> costs;  // likewise
    std::string input_hash;                       // hex
    std::string output_hash;
    std::string proposed_by;
    std::string approved_by;
    std::string posted_by;
    std::string ended_by;
    std::string ended_why;
};

struct WaterfallOutcome {
    WaterfallRun run;
    std::string refused;  // why nothing was changed, and what to do; empty: done
};

// Writes nothing. Refused: the month is not over, another one is due first, a price is missing, nobody holds
// units.
[[nodiscard]] Stored<WaterfallOutcome> preview_waterfall(Database& database, const std::string& asset,
                                                         const std::string& month, std::int64_t now_us);
// Stores what a preview shows, with its hashes; the holders of the month's end are put on record. One month
// of an asset is under way at a time.
[[nodiscard]] Stored<WaterfallOutcome> propose_waterfall(Database& database, const std::string& asset,
                                                         const std::string& month, const std::string& by,
                                                         std::int64_t now_us);

struct WaterfallStep {
    std::string asset;
    std::string month;
    std::string by;
    std::string why = {};  // withdraw, reverse
};
// Refused to the one who proposed, by the database too.
[[nodiscard]] Stored<WaterfallOutcome> approve_waterfall(Database& database, const WaterfallStep& step,
                                                         std::int64_t now_us);
// The books get it, at the last microsecond of the month (or in the oldest open one).
[[nodiscard]] Stored<WaterfallOutcome> post_waterfall(Database& database, const WaterfallStep& step,
                                                      std::int64_t now_us);
// Before it is posted.
[[nodiscard]] Stored<WaterfallOutcome> withdraw_waterfall(Database& database, const WaterfallStep& step,
                                                          std::int64_t now_us);
// Mirror transfers; its bills and coin are free for a new proposal. Later months have to be reversed first.
// Refused when a holder's part or a fund's has been paid out.
[[nodiscard]] Stored<WaterfallOutcome> reverse_waterfall(Database& database, const WaterfallStep& step,
                                                         std::int64_t now_us);

// By month, then in the order proposed. Empty asset: all.
[[nodiscard]] Stored<std::vector<WaterfallRun>> waterfall_runs(Database& database, const std::string& asset);
// The newest run of the month, with its lines and costs.
[[nodiscard]] Stored<WaterfallOutcome> waterfall_run(Database& database, const std::string& asset,
                                                     const std::string& month);

}  // namespace server::store

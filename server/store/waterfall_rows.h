#pragma once
// Inside the store only: a month's input, from the books or from a stored run, within a transaction of one's
// own.

#include <optional>
#include <string>
#include <vector>

#include "server/store/prices.h"
#include "server/store/transaction.h"
#include "server/store/waterfall.h"

namespace server::store {

struct BorneBill {
    std::int64_t bill = 0;
    fleet::ledger::Integer amount;    // base units of the run's asset
    std::optional<FoundPrice> price;  // none: the bill is in that asset
};

struct WaterfallDraft {
    fleet::ledger::WaterfallInput input;
    fleet::ledger::Waterfall result;
    std::vector<BorneBill> bills;
    std::int64_t previous = 0;  // 0: the first
    std::int64_t through_number = 0;
    std::string input_hash;
    std::string output_hash;
    std::string refused;  // why there is no draft
};

// The books as they stand: the snapshot of the month's end, or what it would hold. Takes no lock and writes
// nothing.
WaterfallDraft draft_waterfall(pqxx::work& transaction, const std::string& asset, const std::string& month,
                               std::int64_t now_us);

// The newest run of a month; all runs. Without costs and lines.
std::optional<WaterfallRun> find_run(pqxx::work& transaction, const std::string& asset,
                                     const std::string& month);
std::vector<WaterfallRun> read_runs(pqxx::work& transaction, const std::string& asset);

// What a stored run was computed from, and what comes out when it is computed again. `refused`: the hashes
// are not those of the run.
WaterfallDraft recompute(pqxx::work& transaction, const WaterfallRun& run);

void store_draft(pqxx::work& transaction, const WaterfallDraft& draft, std::int64_t snapshot,
                 const std::string& by, std::int64_t now_us);

WaterfallRun run_of(const WaterfallDraft& draft);

// Of a run's transfers.
inline constexpr const char* waterfall_source_kind = "waterfall";
std::string source_of(const WaterfallRun& run);

// Own coin that became mature until `end_us`, looking at transfers up to a number: credits less debits of
// account `mining`.
struct OwnCoin {
    fleet::ledger::Integer mined;
    fleet::ledger::Integer taken_back;  // one of the two is zero
};
OwnCoin own_coin(pqxx::work& transaction, const std::string& asset, std::int64_t end_us,
                 std::int64_t through_number);

}  // namespace server::store

#pragma once
// Inside the store only: runs and executions as rows, and the transfers they stand for. Shared by what writes
// them and what proves them.

#include <string>
#include <vector>

#include "server/store/buyback_executions.h"
#include "server/store/buybacks.h"
#include "server/store/transaction.h"

namespace server::store {

// All of them, or the one (0: all), newest first.
std::vector<BuybackRun> read_buyback_runs(pqxx::work& transaction, std::int64_t run);

// What the transfers a run covers come to, by line.
std::vector<fleet::ledger::LineRevenue> revenue_of_run(pqxx::work& transaction, std::int64_t run);

// As they are booked when the run is posted.
std::vector<fleet::ledger::Transfer> transfers_of(const BuybackRun& run);
std::vector<fleet::ledger::Transfer> transfers_of(const BuybackExecution& execution);

// Newest first, with who reversed it or nothing.
std::vector<ListedExecution> read_executions(pqxx::work& transaction, const std::string& reference);

std::string hash_of_text(const std::string& text);  // SHA-256, hex

}  // namespace server::store

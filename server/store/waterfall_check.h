#pragma once
// Inside the store only: the part of the daily check that computes each month of the waterfall again, from
// own coin in the ledger to the transfers it was booked with.

#include <vector>

#include "server/store/ledger_check.h"
#include "server/store/transaction.h"

namespace server::store {

// Adds findings of the name waterfall_runs, at most findings_max.
void check_waterfall(pqxx::work& transaction, std::vector<LedgerFinding>& findings);

}  // namespace server::store

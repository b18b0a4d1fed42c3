#pragma once
// Inside the store only: the part of the daily check that is about the other business lines.

#include "server/store/ledger_check.h"
#include "server/store/transaction.h"

namespace server::store {

// Computes each buyback run again from the transfers it covers, and compares runs, executions and booked
// revenue with their transfers. Findings are named `buybacks`, at most findings_max.
void check_buybacks(pqxx::work& transaction, LedgerCheck& check);

}  // namespace server::store

#pragma once
// Inside the store only: the trial balance of a month within a transaction of one's own.

#include <string>

#include "server/store/periods.h"
#include "server/store/transaction.h"

namespace server::store {

TrialBalance read_trial_balance(pqxx::work& transaction, const std::string& period);

}  // namespace server::store

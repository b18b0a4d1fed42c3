#pragma once
// Inside the store only: the split rules as part of a transaction of one's own.

#include <vector>

#include "server/store/splits.h"
#include "server/store/transaction.h"

namespace server::store {

std::vector<SetSplit> read_splits(pqxx::work& transaction);

}  // namespace server::store

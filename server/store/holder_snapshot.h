#pragma once
// Inside the store only: a snapshot of the holders as part of a transaction of one's own.

#include "server/store/holders.h"
#include "server/store/transaction.h"

namespace server::store {

// The snapshot of this instant, which is not ahead; made if it is not there yet.
HolderSnapshot ensure_snapshot(pqxx::work& transaction, std::int64_t record_at_us, const std::string& by);
std::optional<HolderSnapshot> find_snapshot(pqxx::work& transaction, std::int64_t record_at_us);
// Units by holder's name.
fleet::ledger::Weights units_in_snapshot(pqxx::work& transaction, std::int64_t snapshot);
// What a snapshot of this instant would hold, as the table stands.
fleet::ledger::Weights units_at(pqxx::work& transaction, std::int64_t at_us);

}  // namespace server::store

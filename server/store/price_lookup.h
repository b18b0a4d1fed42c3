#pragma once
// Inside the store only: the price of an instant, as part of a transaction of one's own.

#include <optional>

#include "server/store/prices.h"
#include "server/store/transaction.h"

namespace server::store {

// As price_at(). What was computed with it keeps price, venue and minute, since an earlier minute may come
// in later while its month is open.
std::optional<FoundPrice> find_price(pqxx::work& transaction, const PriceQuery& query);

}  // namespace server::store

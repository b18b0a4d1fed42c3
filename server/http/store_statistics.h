#pragma once
// The StatisticsSource that reads server/store. main.cpp makes it and hands it to HttpServer; called on its
// database threads.

#include <memory>

#include "server/http/statistics_source.h"

namespace server::store {
class Database;
}

namespace server::http {

// `database` outlives what is returned.
std::unique_ptr<StatisticsSource> make_store_statistics(store::Database& database);

}  // namespace server::http

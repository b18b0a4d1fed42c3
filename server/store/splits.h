#pragma once
// How a month's remainder is split, with the month each rule starts at. Any thread; one transaction each.
// Rows are only added.

#include <string>
#include <vector>

#include "fleet/ledger/waterfall.h"
#include "server/store/database.h"

namespace server::store {

struct SetSplit {
    fleet::ledger::DatedSplit split;
    std::string by;
};
// In the order they were set.
[[nodiscard]] Stored<std::vector<SetSplit>> splits(Database& database);
// Empty, or why not: the parts do not add up, or a month from then on is posted.
[[nodiscard]] Stored<std::string> set_split(Database& database, const SetSplit& split);

}  // namespace server::store

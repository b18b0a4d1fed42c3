#pragma once
// Inside the store only: what a page of statement rows lacks after the transfers were read, one query for the
// whole page each.

#include <map>
#include <string>
#include <vector>

#include "fleet/statement/row.h"
#include "server/store/statement_rows.h"
#include "server/store/transaction.h"

namespace server::store {

struct PageRow {
    fleet::statement::StatementRow row;
    std::int64_t number = 0;
    std::string source_kind;
    std::string source_id;
    std::string reward_code;  // the row's, or of the transfer it takes back
    std::string user;         // whose line of the run it is: the memo of a reward
    bool taken_back = false;  // within the span
};

void add_blocks(pqxx::work& transaction, const StatementQuery& query, std::vector<PageRow>& page);
// By the minute prices that are stored; what has none stays without a value.
void add_values(pqxx::work& transaction, const StatementQuery& query, unsigned currency_scale,
                std::vector<PageRow>& page);
void add_payouts(pqxx::work& transaction, const StatementQuery& query, std::vector<PageRow>& page);

// '{"a","b"}' for a parameter that the SQL casts to an array.
[[nodiscard]] std::string array_text(const std::vector<std::string>& items);

}  // namespace server::store

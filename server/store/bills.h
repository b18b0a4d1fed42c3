#pragma once
// Suppliers' bills: entered, booked as an expense owed to the supplier, listed, reversed. Any thread; one
// transaction each. The ledger holds a bill in its own currency; the waterfall takes it into coin.

#include <cstdint>
#include <string>
#include <vector>

#include "fleet/ledger/bill.h"
#include "server/store/database.h"

namespace server::store {

struct RefusedBill {
    std::size_t row = 0;  // of those handed in
    std::string text;
};
struct BillsAdded {
    std::size_t added = 0;
    std::size_t unchanged = 0;         // stood there with the same content
    std::vector<RefusedBill> refused;  // the first ones; any of them: nothing was stored
};
inline constexpr std::size_t refused_bills_max = 20;
// All or nothing. Refused: an asset the books do not know, a coin other than the one whose waterfall bears
// it, energy times tariff that is not the amount, an invoice number that stands with another content.
[[nodiscard]] Stored<BillsAdded> add_bills(Database& database, const std::vector<fleet::ledger::Bill>& bills,
                                           const std::string& by, std::int64_t now_us);

struct StoredBill {
    std::int64_t id = 0;
    fleet::ledger::Bill bill;
    bool active = true;
    std::string entered_by;
};
struct BillFilter {
    std::string month;     // of accrual; empty: all
    std::string supplier;  // empty: all
};
// By accrual day, then by number; reversed ones too.
[[nodiscard]] Stored<std::vector<StoredBill>> bills(Database& database, const BillFilter& filter);

// Empty, or why not: no such bill, reversed before, or a posted waterfall bears it.
[[nodiscard]] Stored<std::string> reverse_bill(Database& database, std::int64_t id, const std::string& by,
                                               const std::string& why, std::int64_t now_us);

}  // namespace server::store

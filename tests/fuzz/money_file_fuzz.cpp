// A file of bills or of holders that anybody may have written: it does not crash the parsers, and what they
// let through is what the books can hold.

#include <cstdint>
#include <cstdlib>

#include "fleet/ledger/bill.h"
#include "fleet/ledger/calendar.h"
#include "fleet/ledger/holder.h"

using namespace fleet::ledger;

namespace {

void check(bool holds) {
    if (!holds) std::abort();
}

void check_bills(std::string_view text) {
    const auto file = parse_bill_file(text);
    check(file.problems.size() <= csv_problems_max && file.bills.size() == file.lines.size());
    for (const auto& bill : file.bills) {
        check(wrong_in(bill).empty() && bill.tax <= bill.amount && bill.amount.str().size() <= 38);
        static_cast<void>(energy_fits(bill, 36));
        check(parse_day(bill.accrual_day).has_value());
    }
}

void check_holders(std::string_view text) {
    const auto file = parse_holder_file(text);
    check(file.problems.size() <= csv_problems_max && file.changes.size() == file.lines.size());
    for (const auto& change : file.changes) {
        check(is_plain_text(change.holder, holder_name_bytes_max));
        check(units_of_coins(coins_of_units(change.units)) == change.units);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    check_bills(text);
    check_bills(std::string(bill_file_header) + "\n" + text);
    check_holders(text);
    check_holders(std::string(holder_file_header) + "\n" + text);
    if (const auto month = parse_month(text)) check(month_at(month->end_us - 1).text == text);
    return 0;
}

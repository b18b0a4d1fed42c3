#pragma once
// A supplier's bill, and a file of them. Pure; any thread. The waterfall bears a bill's whole amount in the
// month it accrues in; tax that will be claimed back does not belong into it.

#include <string>
#include <string_view>
#include <vector>

#include "fleet/ledger/csv.h"
#include "fleet/ledger/waterfall.h"

namespace fleet::ledger {

struct Bill {
    std::string supplier;  // a name; the party is supplier:NAME
    std::string invoice;   // its number, once for each supplier
    CostKind kind = CostKind::electricity;
    std::string asset;     // the coin whose waterfall bears it
    std::string currency;  // what it is to be paid in: fiat, or that coin
    Integer amount;        // base units of the currency (cents), tax included
    std::string tax_code;  // as the tax office names it; may be empty
    Integer tax;           // of the amount
    std::string site;      // may be empty
    Integer energy_wh;     // 0: not by the meter
    Integer tariff_micro;  // millionths of one whole currency for a kWh
    std::string invoice_day;
    std::string accrual_day;  // decides the month and, for other money, the price
    std::string evidence;     // SHA-256 of the document, 64 letters of hexadecimal; may be empty
};

// What is wrong with it by itself, and what to write; empty: nothing.
[[nodiscard]] std::string wrong_in(const Bill& bill);

// Energy times tariff is the amount before tax, less than one base unit off: suppliers round either way.
// `scale`: decimal places of the currency. Without energy there is nothing to check.
[[nodiscard]] bool energy_fits(const Bill& bill, unsigned scale);

inline constexpr std::string_view bill_file_header =
    "supplier,invoice_no,invoice_date,accrual_date,kind,asset,currency,amount_minor,tax_code,tax_minor,site,"
    "wh,rate_micro_per_kwh,evidence_sha256";
struct BillFile {
    std::vector<Bill> bills;
    std::vector<std::size_t> lines;     // of each bill
    std::vector<FileProblem> problems;  // any of them: use nothing of the file
};
[[nodiscard]] BillFile parse_bill_file(std::string_view text);

// Digits only, at most 38; nullopt otherwise.
[[nodiscard]] std::optional<Integer> parse_base_units(std::string_view text);

}  // namespace fleet::ledger

#include "fleet/ledger/bill.h"

#include <algorithm>

#include "fleet/ledger/calendar.h"

namespace fleet::ledger {

namespace {

constexpr std::size_t name_bytes_max = 90;
constexpr std::size_t short_bytes_max = 60;
constexpr std::size_t amount_digits_max = 38;  // numeric(38, 0)

bool is_hash(std::string_view text) {
    return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

bool is_code(std::string_view text) {
    return text.size() >= 2 && text.size() <= 12 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
           });
}

bool empty_or_plain(std::string_view text) { return text.empty() || is_plain_text(text, short_bytes_max); }

Integer power_of_ten(unsigned exponent) { return boost::multiprecision::pow(Integer(10), exponent); }

// Fills `bill`; gives what is wrong.
std::string read_row(const CsvRow& row, Bill& bill) {
    const auto& f = row.fields;
    const auto kind = parse_cost_kind(f[4]);
    if (!kind) return "kind is electricity or operating";
    const auto amount = parse_base_units(f[7]);
    const auto tax = f[9].empty() ? Integer(0) : parse_base_units(f[9]);
    const auto energy = f[11].empty() ? Integer(0) : parse_base_units(f[11]);
    const auto tariff = f[12].empty() ? Integer(0) : parse_base_units(f[12]);
    if (!amount || !tax) return "amounts are whole numbers of the smallest unit, as 8765432 for 87,654.32";
    if (!energy || !tariff) return "wh and rate_micro_per_kwh are whole numbers";
    bill = {f[0], f[1], *kind, f[5], f[6], *amount, f[8], *tax, f[10], *energy, *tariff, f[2], f[3], f[13]};
    return wrong_in(bill);
}

}  // namespace

std::optional<Integer> parse_base_units(std::string_view text) {
    if (text.empty() || text.size() > amount_digits_max) return std::nullopt;
    Integer value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value;
}

std::string wrong_in(const Bill& bill) {
    if (!is_plain_text(bill.supplier, name_bytes_max)) return "the supplier is a name of 1 to 90 bytes";
    if (!is_plain_text(bill.invoice, short_bytes_max)) return "the invoice number has 1 to 60 bytes";
    if (!is_code(bill.asset) || !is_code(bill.currency))
        return "asset and currency are codes as BTC and USD, in capital letters";
    if (bill.amount == 0) return "the amount must be above zero";
    if (bill.tax > bill.amount) return "the tax is more than the amount, which includes it";
    if (!empty_or_plain(bill.site) || !empty_or_plain(bill.tax_code))
        return "site and tax code have at most 60 bytes";
    if (!parse_day(bill.invoice_day) || !parse_day(bill.accrual_day)) return "dates are days as 2026-11-25";
    if ((bill.energy_wh == 0) != (bill.tariff_micro == 0))
        return "energy and tariff belong together: give both or neither";
    if (bill.energy_wh != 0 && bill.kind != CostKind::electricity)
        return "energy belongs to a bill of kind electricity";
    if (!bill.evidence.empty() && !is_hash(bill.evidence))
        return "the evidence is the document's SHA-256: 64 letters of hexadecimal, as sha256sum prints it";
    return {};
}

bool energy_fits(const Bill& bill, unsigned scale) {
    if (bill.energy_wh == 0) return true;
    const auto fits = checked([&] {
        const Integer unit = power_of_ten(9);  // a kWh is 10^3 Wh, a tariff in millionths
        const Integer exact = bill.energy_wh * bill.tariff_micro * power_of_ten(scale);
        const Integer billed = (bill.amount - bill.tax) * unit;
        return (exact > billed ? Integer(exact - billed) : Integer(billed - exact)) < unit;
    });
    return fits.has_value() && *fits;
}

BillFile parse_bill_file(std::string_view text) {
    const auto csv = read_csv(text, bill_file_header);
    BillFile file;
    file.problems = csv.problems;
    for (const auto& row : csv.rows) {
        Bill bill;
        if (auto wrong = read_row(row, bill); !wrong.empty()) {
            if (file.problems.size() < csv_problems_max)
                file.problems.push_back({row.line, std::move(wrong)});
            continue;
        }
        file.bills.push_back(std::move(bill));
        file.lines.push_back(row.line);
    }
    return file;
}

}  // namespace fleet::ledger

#include "fleet/ledger/bill.h"

#include "fleet/ledger/calendar.h"
#include "tests/catch.h"

using namespace fleet::ledger;

namespace {

const std::string header = std::string(bill_file_header) + "\n";
// 226,980 kWh at 0.0685 USD: 15,548.13 USD, with 20 % tax 18,657.76.
const std::string power_row =
    "Grid Co,2026-17,2026-11-03,2026-10-31,electricity,BTC,USD,1865776,VAT20,310963,north,226980000,68500,";

std::string problem_of(const std::string& row) {
    const auto file = parse_bill_file(header + row + "\n");
    return file.problems.empty() ? "" : file.problems[0].text;
}

std::string with(std::string row, const std::string& old, const std::string& put) {
    return row.replace(row.find(old), old.size(), put);
}

}  // namespace

TEST_CASE("a bill comes out of its row as it stands there") {
    const auto file = parse_bill_file(header + power_row + std::string(64, 'a') + "\r\n\r\n");
    REQUIRE(file.problems.empty());
    REQUIRE(file.bills.size() == 1);
    const auto& bill = file.bills[0];
    CHECK(bill.supplier == "Grid Co");
    CHECK(bill.invoice == "2026-17");
    CHECK(bill.kind == CostKind::electricity);
    CHECK(bill.amount == 1'865'776);
    CHECK(bill.tax == 310'963);
    CHECK(bill.energy_wh == 226'980'000);
    CHECK(bill.tariff_micro == 68'500);
    CHECK(bill.accrual_day == "2026-10-31");
    CHECK(bill.evidence == std::string(64, 'a'));
    CHECK(energy_fits(bill, 2));
}

TEST_CASE("energy times tariff is the amount before tax, rounded either way, and no further off") {
    Bill bill;
    bill.energy_wh = 1'500;
    bill.tariff_micro = 70'000;  // 10.5 cents
    const auto fits = [&](std::uint64_t amount) {
        bill.amount = amount;
        return energy_fits(bill, 2);
    };
    CHECK(!fits(9));
    CHECK(fits(10));
    CHECK(fits(11));
    CHECK(!fits(12));
    bill.tariff_micro = 80'000;  // 12 cents exactly
    CHECK(!fits(11));
    CHECK(fits(12));
    CHECK(!fits(13));
    bill.tax = 3;
    CHECK(fits(15));
    CHECK(energy_fits({}, 2));
}

TEST_CASE("a wrong row says what to write") {
    CHECK(problem_of(power_row).empty());
    CHECK(problem_of(with(power_row, "electricity", "power")).find("electricity or operating") == 8);
    CHECK(problem_of(with(power_row, "1865776", "18657.76")).find("smallest unit") != std::string::npos);
    CHECK(problem_of(with(power_row, "1865776", "0")).find("above zero") != std::string::npos);
    CHECK(problem_of(with(power_row, "310963", "1865777")).find("tax") != std::string::npos);
    CHECK(problem_of(with(power_row, "2026-10-31", "2026-10-32")).find("2026-11-25") != std::string::npos);
    CHECK(problem_of(with(power_row, "68500", "")).find("belong together") != std::string::npos);
    CHECK(problem_of(with(power_row, "electricity", "operating")).find("kind electricity") !=
          std::string::npos);
    CHECK(problem_of(with(power_row, "BTC", "btc")).find("capital") != std::string::npos);
    CHECK(problem_of(power_row + "beef").find("sha256sum") != std::string::npos);
    CHECK(problem_of(with(power_row, "Grid Co", "")).find("supplier") != std::string::npos);
    CHECK(problem_of(with(power_row, "Grid Co", "Grid\tCo")).find("supplier") != std::string::npos);
    CHECK(problem_of(with(power_row, "Grid Co", "Grid \xff")).find("supplier") != std::string::npos);
    CHECK(problem_of("only,three,fields").find("14 fields") != std::string::npos);
    CHECK(parse_bill_file("").problems[0].text.find("empty") != std::string::npos);
    CHECK(parse_bill_file("a,b\n").problems[0].text.find("header") != std::string::npos);
}

TEST_CASE("CSV: quotation marks, their doubling, and where none may stand") {
    const auto field = [](const std::string& row) {
        const auto file = read_csv("a,b\n" + row + "\n", "a,b");
        return file.rows.empty() ? "refused" : file.rows[0].fields[0] + "|" + file.rows[0].fields[1];
    };
    CHECK(field("x,y") == "x|y");
    CHECK(field("\"x,1\",\"say \"\"so\"\"\"") == "x,1|say \"so\"");
    CHECK(field("\"\",") == "|");
    CHECK(field("x\"y,z") == "refused");
    CHECK(field("\"x\"y,z") == "refused");
    CHECK(field("\"x,z") == "refused");
    CHECK(field("\"x\"\"\",z") == "x\"|z");
    CHECK(field(std::string(csv_line_bytes_max, 'x') + ",y") == "refused");
    CHECK(field("x") == "refused");
}

TEST_CASE("days and months exist or are refused") {
    CHECK(parse_day("1970-01-02") == day_us);
    CHECK(parse_day("2024-02-29").has_value());
    for (const auto* wrong : {"2023-02-29", "2026-13-01", "2026-00-01", "2026-1-01", "1969-12-31",
                              "2200-01-01", "2026-01-01 ", "+026-01-01", ""})
        CHECK(!parse_day(wrong));
    const auto month = parse_month("2026-12").value();
    CHECK(month.end_us - month.start_us == 31 * day_us);
    CHECK(month_at(month.end_us).text == "2027-01");
    CHECK(month_at(month.end_us - 1).text == "2026-12");
    for (const auto* wrong : {"2026-13", "2026-00", "2026-1", "26-01", "2026/01"}) CHECK(!parse_month(wrong));
}

// The tables of statements: against golden files, against a strict reader, and against people who choose
// names that spreadsheets would run.

#include <fstream>
#include <limits>
#include <random>
#include <sstream>

#include "fleet/statement/formats.h"
#include "tests/catch.h"
#include "tests/unit/fleet/statement/csv_reader.h"
#include "tests/unit/fleet/statement/examples.h"

using namespace statement_examples;

namespace {

std::string csv_of(const TableFormat& format, const std::vector<StatementRow>& rows) {
    std::string out;
    append_csv(out, format.columns);
    for (const auto& row : rows)
        if (takes(format, row)) append_csv(out, format.line_of(row));
    return out;
}

std::string golden(const std::string& name) {
    std::ifstream file(STATEMENT_GOLDEN "/" + name, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

Signed base_units(std::string text) {
    const bool negative = text.starts_with('-');
    if (negative) text.erase(0, 1);
    std::erase(text, '.');
    const auto digit = text.find_first_not_of('0');
    const Signed value(digit == std::string::npos ? "0" : text.substr(digit));
    return negative ? Signed(-value) : value;
}

}  // namespace

TEST_CASE("every table reads as its golden file") {
    for (const auto& format : table_formats()) {
        const std::string name = std::string(format.name) + ".csv";
        const auto made = csv_of(format, october());
        INFO(name);
        if (made != golden(name))
            std::ofstream(name, std::ios::binary) << made;  // beside the test, to compare
        CHECK(made == golden(name));
    }
}

TEST_CASE("a table reads back to the cells it was written from, and its columns foot") {
    std::mt19937_64 random(20261125);
    const std::vector<std::string> pieces{
        "=",        "+",        "-", "@", "\t",           "\r",           "\n",           "\"",
        ",",        "'",        "a", " ", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0",
        "\xc2\xa0", "\xc3\xa9", "7"};
    const auto text = [&] {
        std::string out;
        for (auto left = random() % 6; left > 0; --left) out += pieces[random() % pieces.size()];
        return out;
    };
    for (int round = 0; round < 300; ++round) {
        std::vector<StatementRow> rows;
        for (auto left = random() % 8; left > 0; --left) {
            const auto amount = static_cast<std::int64_t>(random() >> (random() % 60 + 2)) + 1;
            auto row = random() % 3 == 0 ? paid("user:" + text(), amount)
                                         : earned("user:" + text(), Component(random() % 5),
                                                  random() % 2 == 0 ? amount : -amount);
            row.fiat->value = row.amount / 7;
            row.fiat->source = text();
            if (random() % 4 == 0) row.fiat.reset();
            rows.push_back(row);
        }
        for (const auto& format : table_formats()) {
            const auto records = csv_reader::read(csv_of(format, rows));
            REQUIRE(records);
            REQUIRE(records->front() == format.columns);
            Sums sums;
            std::map<std::string, Signed> footed;
            std::size_t at = 1;
            for (const auto& row : rows) {
                if (!takes(format, row)) continue;
                const auto line = format.line_of(row);
                REQUIRE(line.size() == format.columns.size());
                sums.add(format.columns, line);
                const auto& record = records->at(at++);
                REQUIRE(record.size() == line.size());
                for (std::size_t i = 0; i < line.size(); ++i) {
                    REQUIRE((line[i].is_number ? record[i] : unguarded(record[i])) == line[i].text);
                    if (!line[i].unit.empty())
                        footed[format.columns[i] + line[i].unit] += base_units(record[i]);
                }
            }
            REQUIRE(at == records->size());
            for (const auto& [key, sum] : sums.by_column())
                REQUIRE(footed[key.first + key.second] == sum.value);
        }
    }
}

TEST_CASE("text that a spreadsheet would run is guarded, numbers are not touched") {
    for (const std::string start : {"=", "+", "-", "@", "\t", "\r", "\n", "\xef\xbc\x9d", "\xef\xbc\x8b",
                                    "\xef\xbc\x8d", "\xef\xbc\xa0", " =", "\xc2\xa0=", "\xef\xbb\xbf="}) {
        CHECK(guarded(start + "1+1") == "'" + start + "1+1");
        CHECK(unguarded(guarded(start + "1+1")) == start + "1+1");
        CHECK(guarded("'" + start) == "''" + start);
        CHECK(unguarded(guarded("'" + start)) == "'" + start);
    }
    for (const std::string harmless : {"", "alice", "a=b", "'", "'alice", "1-2", " alice"})
        CHECK(guarded(harmless) == harmless);
    std::string out;
    append_csv(out, Line{amount_cell(-5, 0, "BTC"), text_cell("-5"), number_cell("-0.5")});
    CHECK(out == "-5,'-5,-0.5\r\n");
}

TEST_CASE("amounts of any size have all their digits, and instants are UTC") {
    CHECK(decimal_text(0, 8) == "0.00000000");
    CHECK(decimal_text(-1, 8) == "-0.00000001");
    CHECK(decimal_text(123'456'789, 8) == "1.23456789");
    CHECK(decimal_text(-5, 0) == "-5");
    CHECK(decimal_text(Signed("99999999999999999999999999999999999999"), 18) ==
          "99999999999999999999.999999999999999999");
    CHECK(iso_time(0) == "1970-01-01T00:00:00Z");
    CHECK(iso_time(-1) == "1969-12-31T23:59:59Z");
    CHECK(iso_time(951'827'696'999'999) == "2000-02-29T12:34:56Z");
    CHECK(time_text(951'827'696'000'000, "M/D/Y h:m:s") == "02/29/2000 12:34:56");
    CHECK_THROWS(Signed(std::numeric_limits<Signed>::max() + 1));
}

TEST_CASE("text of strangers becomes well-formed UTF-8 that XML can hold") {
    CHECK(clean_text("caf\xc3\xa9 \xf0\x9f\x98\x80") == "caf\xc3\xa9 \xf0\x9f\x98\x80");
    const std::string broken = "\xef\xbf\xbd";
    CHECK(clean_text("\xff") == broken);
    CHECK(clean_text("a\xc3") == "a" + broken);
    CHECK(clean_text("\xc0\xaf") == broken + broken);                  // overlong
    CHECK(clean_text("\xed\xa0\x80") == broken + broken + broken);     // half a surrogate pair
    CHECK(clean_text(std::string("\x00\x1b", 2)) == broken + broken);  // control characters
    CHECK(clean_text("\xef\xbf\xbf") == broken);                       // U+FFFF
    CHECK(xml_text("<a b='c'>&\"\r\n") == "&lt;a b=&#39;c&#39;&gt;&amp;&quot;&#13;&#10;");
}

TEST_CASE("bookkeeping programs get files of at most a thousand rows and a value in every row") {
    for (const auto name : {"quickbooks_3", "quickbooks_4", "xero"}) {
        const auto* format = find_format(name);
        REQUIRE(format != nullptr);
        CHECK(format->rows_per_file_max == 1000);
        CHECK(format->needs_value);
    }
    CHECK(find_format("koinly") == nullptr);
}

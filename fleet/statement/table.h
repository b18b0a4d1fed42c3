#pragma once
// A document as a table: columns, and lines of cells. Pure; any thread. CSV, XLSX and PDF are three ways to
// write the same lines; sums are taken from the cells, so a reader can foot every file.

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fleet/statement/text.h"

namespace fleet::statement {

// Text comes from people and is guarded; a number is digits, '-' and '.', and is never touched.
struct Cell {
    std::string text;
    bool is_number = false;
    std::string unit = {};  // of a number that is summed: "BTC"; empty: not summed
    Signed value = 0;       // with a unit: in base units of it
    unsigned scale = 0;
};
[[nodiscard]] Cell text_cell(std::string text);
[[nodiscard]] Cell number_cell(std::string digits);  // such as a height or a price
[[nodiscard]] Cell amount_cell(const Signed& amount, unsigned scale, std::string unit);

using Line = std::vector<Cell>;
using Columns = std::vector<std::string>;

// By column and unit.
class Sums {
  public:
    void add(const Columns& columns, const Line& line);
    void add(const Sums& other);
    struct Sum {
        Signed value = 0;
        unsigned scale = 0;
    };
    using Key = std::pair<std::string, std::string>;
    [[nodiscard]] const std::map<Key, Sum>& by_column() const { return sums_; }

  private:
    std::map<Key, Sum> sums_;
};

// RFC 4180: UTF-8, CRLF, quotes where needed. One line; the first is the columns'.
void append_csv(std::string& out, const Columns& columns);
void append_csv(std::string& out, const Line& line);

// Spreadsheets run text that begins with = + - @ (full-width ones too), a tab or a line end. Such text gets a
// leading apostrophe, text that already looks so gets one more: what is read back minus one apostrophe is
// what was written, always.
[[nodiscard]] std::string guarded(std::string_view text);
[[nodiscard]] std::string unguarded(std::string_view text);

}  // namespace fleet::statement

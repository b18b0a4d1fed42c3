#pragma once
// A small CSV file that a person hands in: a fixed header, then one row a line. Pure; any thread. Fields may
// stand in quotation marks, "" inside them is one; no line breaks in fields. Lines may end in CR LF; empty
// ones are skipped. Called by the readers of bills and of holders.

#include <string>
#include <string_view>
#include <vector>

namespace fleet::ledger {

inline constexpr std::size_t csv_bytes_max = 64U << 20U;  // half a million rows of 120 bytes
inline constexpr std::size_t csv_line_bytes_max = 2'048;
inline constexpr std::size_t csv_problems_max = 20;

struct CsvRow {
    std::size_t line = 0;  // of the file, from 1
    std::vector<std::string> fields;
};
struct FileProblem {
    std::size_t line = 0;
    std::string text;  // what is wrong and what to write
};
struct CsvFile {
    std::vector<CsvRow> rows;           // each with as many fields as the header
    std::vector<FileProblem> problems;  // the first ones; any of them: use nothing of the file
};
[[nodiscard]] CsvFile read_csv(std::string_view text, std::string_view header);

// One to `bytes_max` bytes of UTF-8 text without control characters, no blank at either end.
[[nodiscard]] bool is_plain_text(std::string_view text, std::size_t bytes_max);

}  // namespace fleet::ledger

#pragma once
// The tables that statements are written as: ours, those of tax programs, those of bookkeeping programs.
// Pure; any thread. The column lists are contracts with other programs: a change is a new schema version.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/statement/row.h"
#include "fleet/statement/table.h"

namespace fleet::statement {

inline constexpr unsigned schema_version = 1;

enum class Rows { earnings, payouts, all };

struct TableFormat {
    std::string_view name;  // on the command line and in addresses: "koinly_simple"
    Columns columns;
    Rows rows = Rows::all;
    std::size_t rows_per_file_max = 0;  // 0: any number; else what the reader takes at once
    bool needs_value = false;           // of fiat money: a row without a stored price cannot be written
    Line (*line_of)(const StatementRow&) = nullptr;
};

// In the order they are told to people.
[[nodiscard]] const std::vector<TableFormat>& table_formats();
[[nodiscard]] const TableFormat* find_format(std::string_view name);
[[nodiscard]] bool takes(const TableFormat& format, const StatementRow& row);

}  // namespace fleet::statement

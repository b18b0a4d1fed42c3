#include "fleet/ledger/holder.h"

#include <algorithm>

#include "fleet/ledger/calendar.h"

namespace fleet::ledger {

namespace {

constexpr std::size_t whole_digits_max = 20;
constexpr std::size_t decimals = 4;

bool all_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A leading zero would read as octal.
Integer integer_of_digits(std::string_view digits) {
    Integer value = 0;
    for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
    return value;
}

}  // namespace

std::optional<Integer> units_of_coins(std::string_view coins) {
    const auto point = coins.find('.');
    const auto whole = coins.substr(0, point);
    const auto part = point == std::string_view::npos ? std::string_view("0") : coins.substr(point + 1);
    if (whole.empty() || whole.size() > whole_digits_max || part.empty() || part.size() > decimals ||
        !all_digits(whole) || !all_digits(part))
        return std::nullopt;
    Integer fraction = integer_of_digits(part);
    for (std::size_t i = part.size(); i < decimals; ++i) fraction *= 10;
    return integer_of_digits(whole) * units_of_a_coin + fraction;
}

std::string coins_of_units(const Integer& units) {
    const Integer whole = units / units_of_a_coin;
    auto part = Integer(units % units_of_a_coin).str();
    part.insert(0, decimals - part.size(), '0');
    while (!part.empty() && part.back() == '0') part.pop_back();
    return whole.str() + (part.empty() ? "" : "." + part);
}

HolderFile parse_holder_file(std::string_view text) {
    const auto csv = read_csv(text, holder_file_header);
    HolderFile file;
    file.problems = csv.problems;
    for (const auto& row : csv.rows) {
        std::string wrong;
        HolderChange change{row.fields[0], 0, 0};
        const auto units = units_of_coins(row.fields[1]);
        const auto day = parse_day(row.fields[2]);
        if (!is_plain_text(change.holder, holder_name_bytes_max))
            wrong = "the holder is a name of 1 to 90 bytes";
        else if (!units)
            wrong = "coins are digits with at most 4 behind a point, as 2500 or 0.25";
        else if (!day && !row.fields[2].empty())
            wrong = "valid_from is a day as 2026-11-25, or empty for now";
        if (!wrong.empty()) {
            if (file.problems.size() < csv_problems_max) file.problems.push_back({row.line, wrong});
            continue;
        }
        change.units = *units;
        change.valid_from_us = day.value_or(0);
        file.changes.push_back(std::move(change));
        file.lines.push_back(row.line);
    }
    return file;
}

}  // namespace fleet::ledger

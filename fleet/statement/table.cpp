#include "fleet/statement/table.h"

#include <algorithm>
#include <array>

namespace fleet::statement {

namespace {

// The last four are full-width: U+FF1D, U+FF0B, U+FF0D, U+FF20.
constexpr std::array<std::string_view, 11> starters{
    "=", "+", "-", "@", "\t", "\r", "\n", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};
// Spaces that a program may strip before it looks: U+00A0, U+3000, U+FEFF.
constexpr std::array<std::string_view, 4> spaces{" ", "\xc2\xa0", "\xe3\x80\x80", "\xef\xbb\xbf"};

bool is_run(std::string_view text) {
    // Nearly all text begins with a letter or digit, and none of those runs.
    if (text.empty() || (text[0] >= '0' && text[0] <= '9') || (text[0] >= 'a' && text[0] <= 'z'))
        return false;
    for (bool stripped = true; stripped;) {
        stripped = false;
        for (const auto space : spaces)
            if (text.starts_with(space)) {
                text.remove_prefix(space.size());
                stripped = true;
            }
    }
    return std::any_of(starters.begin(), starters.end(),
                       [&](std::string_view starter) { return text.starts_with(starter); });
}

std::string_view without_apostrophes(std::string_view text) {
    const auto first = text.find_first_not_of('\'');
    return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

void append_field(std::string& out, std::string_view field) {
    if (field.find_first_of(",\"\r\n") == std::string_view::npos) {
        out += field;
        return;
    }
    out += '"';
    for (const char letter : field) {
        if (letter == '"') out += '"';
        out += letter;
    }
    out += '"';
}

}  // namespace

Cell text_cell(std::string text) { return {std::move(text)}; }

Cell number_cell(std::string digits) { return {std::move(digits), true}; }

Cell amount_cell(const Signed& amount, unsigned scale, std::string unit) {
    return {decimal_text(amount, scale), true, std::move(unit), amount, scale};
}

void Sums::add(const Columns& columns, const Line& line) {
    for (std::size_t i = 0; i < line.size() && i < columns.size(); ++i) {
        const auto& cell = line[i];
        if (cell.unit.empty()) continue;
        auto& sum = sums_[{columns[i], cell.unit}];
        sum.value += cell.value;
        sum.scale = cell.scale;
    }
}

void Sums::add(const Sums& other) {
    for (const auto& [key, more] : other.sums_) {
        auto& sum = sums_[key];
        sum.value += more.value;
        sum.scale = more.scale;
    }
}

void append_csv(std::string& out, const Columns& columns) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (i != 0) out += ',';
        append_field(out, columns[i]);
    }
    out += "\r\n";
}

void append_csv(std::string& out, const Line& line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (i != 0) out += ',';
        if (line[i].is_number)
            out += line[i].text;
        else
            append_field(out, guarded(clean_text(line[i].text)));
    }
    out += "\r\n";
}

std::string guarded(std::string_view text) {
    return is_run(without_apostrophes(text)) ? "'" + std::string(text) : std::string(text);
}

std::string unguarded(std::string_view text) {
    if (text.starts_with('\'') && is_run(without_apostrophes(text))) text.remove_prefix(1);
    return std::string(text);
}

}  // namespace fleet::statement

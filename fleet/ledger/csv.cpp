#include "fleet/ledger/csv.h"

#include <algorithm>
#include <optional>

namespace fleet::ledger {

namespace {

// nullopt: a quotation mark where none may stand.
std::optional<std::vector<std::string>> fields_of(std::string_view line) {
    std::vector<std::string> fields(1);
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == ',') {
            fields.emplace_back();
        } else if (line[i] != '"') {
            fields.back() += line[i];
        } else {
            if (!fields.back().empty() || (i > 0 && line[i - 1] != ',')) return std::nullopt;
            for (++i; i < line.size(); ++i) {
                if (line[i] != '"')
                    fields.back() += line[i];
                else if (i + 1 < line.size() && line[i + 1] == '"')
                    fields.back() += line[++i];
                else
                    break;
            }
            if (i == line.size() || (i + 1 < line.size() && line[i + 1] != ',')) return std::nullopt;
        }
    }
    return fields;
}

// UTF-8 as RFC 3629 has it: PostgreSQL refuses anything else.
bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const std::size_t length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
        if ((byte >= 0x80 && byte < 0xc2) || byte > 0xf4 || i + length > text.size()) return false;
        for (std::size_t k = 1; k < length; ++k)
            if ((static_cast<unsigned char>(text[i + k]) & 0xc0U) != 0x80U) return false;
        const auto second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0;
        if ((byte == 0xe0 && second < 0xa0) || (byte == 0xed && second > 0x9f) ||
            (byte == 0xf0 && second < 0x90) || (byte == 0xf4 && second > 0x8f))
            return false;
        i += length;
    }
    return true;
}

}  // namespace

bool is_plain_text(std::string_view text, std::size_t bytes_max) {
    return !text.empty() && text.size() <= bytes_max && text.front() != ' ' && text.back() != ' ' &&
           std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }) &&
           is_utf8(text);
}

CsvFile read_csv(std::string_view text, std::string_view header) {
    CsvFile file;
    const auto report = [&](std::size_t line, std::string problem) {
        if (file.problems.size() < csv_problems_max) file.problems.push_back({line, std::move(problem)});
    };
    const auto wanted = fields_of(header);
    if (text.size() > csv_bytes_max) {
        report(0, "the file is too large: at most 64 MiB; split it");
        return file;
    }
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    bool header_seen = false;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        if (line.empty()) continue;
        const auto fields = line.size() > csv_line_bytes_max ? std::nullopt : fields_of(line);
        if (!header_seen) {
            header_seen = true;
            if (fields == wanted) continue;
            report(number, "the first line must be the header " + std::string(header));
            return file;
        }
        if (!fields)
            report(number, "a line of at most 2,048 letters; a quotation mark only around a whole field");
        else if (fields->size() != wanted->size())
            report(number,
                   "a line has " + std::to_string(wanted->size()) + " fields: " + std::string(header));
        else
            file.rows.push_back({number, *fields});
    }
    if (!header_seen) report(1, "the file is empty; its first line is " + std::string(header));
    return file;
}

}  // namespace fleet::ledger

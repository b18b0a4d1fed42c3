#pragma once
// A reader of CSV that forgives nothing, for tests: RFC 4180 with CRLF, quotes only around whole fields.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace csv_reader {

using Record = std::vector<std::string>;

// nullopt: a quote, line end or byte stands where it may not.
inline std::optional<std::vector<Record>> read(std::string_view text) {
    std::vector<Record> records;
    Record record;
    while (!text.empty()) {
        std::string field;
        if (text.front() == '"') {
            text.remove_prefix(1);
            while (true) {
                const auto quote = text.find('"');
                if (quote == std::string_view::npos) return std::nullopt;
                field += text.substr(0, quote);
                text.remove_prefix(quote + 1);
                if (text.empty() || text.front() != '"') break;
                field += '"';
                text.remove_prefix(1);
            }
        } else {
            const auto end = std::min(text.find_first_of(",\r\n\""), text.size());
            field = text.substr(0, end);
            text.remove_prefix(end);
        }
        record.push_back(std::move(field));
        if (text.starts_with(',')) {
            text.remove_prefix(1);
            if (text.empty()) return std::nullopt;
        } else if (text.starts_with("\r\n")) {
            text.remove_prefix(2);
            records.push_back(std::move(record));
            record.clear();
        } else {
            return std::nullopt;
        }
    }
    if (!record.empty()) return std::nullopt;
    return records;
}

}  // namespace csv_reader

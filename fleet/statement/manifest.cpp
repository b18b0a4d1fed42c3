#include "fleet/statement/manifest.h"

#include "fleet/statement/formats.h"

namespace fleet::statement {

std::string json_text(std::string_view text) {
    constexpr std::string_view hexadecimal = "0123456789abcdef";
    std::string out = "\"";
    for (const char letter : clean_text(text)) {
        const auto byte = static_cast<unsigned char>(letter);
        if (letter == '"' || letter == '\\') {
            out += '\\';
            out += letter;
        } else if (byte < 0x20) {
            out += "\\u00";
            out += hexadecimal[byte >> 4];
            out += hexadecimal[byte & 0xfU];
        } else {
            out += letter;
        }
    }
    return out + "\"";
}

std::string canonical_sums(const Sums& sums) {
    std::string out = "{";
    std::string column;
    for (const auto& [key, sum] : sums.by_column()) {
        if (key.first != column || out.size() == 1) {
            out += (out.size() == 1 ? "" : "},") + json_text(key.first) + ":{";
            column = key.first;
        } else {
            out += ",";
        }
        out += json_text(key.second) + ":" + json_text(decimal_text(sum.value, sum.scale));
    }
    return out + (out.size() == 1 ? "}" : "}}");
}

std::string canonical(const Manifest& manifest) {
    std::string out = "{\"files\":[";
    Sums sums;
    std::size_t rows = 0;
    for (const auto& file : manifest.files) {
        if (out.back() == '}') out += ",";
        out += "{\"name\":" + json_text(file.name) + ",\"rows\":" + std::to_string(file.rows) +
               ",\"sha256\":" + json_text(file.sha256) + ",\"sums\":" + canonical_sums(file.sums) + "}";
        sums.add(file.sums);
        rows += file.rows;
    }
    out += "],\"format\":" + json_text(manifest.format) + ",\"kind\":" + json_text(manifest.kind) +
           ",\"parameters\":{";
    bool first = true;
    for (const auto& [name, value] : manifest.parameters) {
        out += (first ? "" : ",") + json_text(name) + ":" + json_text(value);
        first = false;
    }
    return out + "},\"rows\":" + std::to_string(rows) +
           ",\"schema_version\":" + std::to_string(schema_version) + ",\"sums\":" + canonical_sums(sums) +
           "}\n";
}

}  // namespace fleet::statement

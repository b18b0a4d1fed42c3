#include "server/http/request.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace server::http {
namespace {

constexpr std::array<std::pair<Verb, const char*>, 7> verbs{{{Verb::get, "GET"},
                                                             {Verb::head, "HEAD"},
                                                             {Verb::post, "POST"},
                                                             {Verb::put, "PUT"},
                                                             {Verb::patch, "PATCH"},
                                                             {Verb::del, "DELETE"},
                                                             {Verb::options, "OPTIONS"}}};

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF. PostgreSQL refuses anything else as text.
bool is_utf8(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
        const unsigned char first = byte(i);
        const std::size_t more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
        if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || i + more >= text.size()) return false;
        for (std::size_t k = 1; k <= more; ++k) {
            if ((byte(i + k) & 0xc0) != 0x80) return false;
        }
        if ((first == 0xe0 && byte(i + 1) < 0xa0) || (first == 0xed && byte(i + 1) > 0x9f)) return false;
        if ((first == 0xf0 && byte(i + 1) < 0x90) || (first == 0xf4 && byte(i + 1) > 0x8f)) return false;
        i += more + 1;
    }
    return true;
}

// Control characters stay refused after decoding: none of our names holds one, and they only serve to confuse
// logs and files.
std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        }
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
        out.push_back(c);
    }
    if (!is_utf8(out)) return std::nullopt;
    return out;
}

// "http://host/path" becomes "/path"; anything that is neither form is left as it is and refused by the
// caller.
std::string_view without_authority(std::string_view text) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!text.starts_with(scheme)) continue;
        const std::size_t slash = text.find_first_of("/?", scheme.size());
        return slash == std::string_view::npos || text[slash] == '?' ? std::string_view("/")
                                                                     : text.substr(slash);
    }
    return text;
}

std::string_view take_until(std::string_view& rest, char separator) {
    const std::size_t at = rest.find(separator);
    const std::string_view out = rest.substr(0, at);
    rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
    return out;
}

}  // namespace

const char* name_of(Verb verb) {
    for (const auto& [value, name] : verbs) {
        if (value == verb) return name;
    }
    return "other";
}

Verb parse_verb(std::string_view text) {
    for (const auto& [value, name] : verbs) {
        if (text == name) return value;
    }
    return Verb::other;
}

boost::system::result<Target, TargetError> parse_target(std::string_view text) {
    std::string_view query = without_authority(text);
    std::string_view path = take_until(query, '?');
    if (!path.starts_with('/') || text.find('#') != std::string_view::npos) return TargetError::malformed;
    Target out;
    path.remove_prefix(1);
    while (!path.empty()) {
        const std::optional<std::string> segment = percent_decode(take_until(path, '/'));
        if (!segment || segment->empty() || *segment == "." || *segment == "..")
            return TargetError::malformed;
        if (out.segments.size() == target_segments_max) return TargetError::too_many_parts;
        out.segments.push_back(*segment);
    }
    while (!query.empty()) {
        std::string_view value = take_until(query, '&');
        const std::optional<std::string> name = percent_decode(take_until(value, '='));
        const std::optional<std::string> decoded = percent_decode(value);
        if (!name || !decoded) return TargetError::malformed;
        if (out.query.size() == target_query_max) return TargetError::too_many_parts;
        if (!name->empty()) out.query[*name] = *decoded;
    }
    return out;
}

std::string parse_host(std::string_view field) {
    constexpr std::size_t host_bytes_max = 255;
    const bool bracketed = field.starts_with('[');
    const auto end = bracketed ? field.find(']') : field.find(':');
    if (bracketed && end == std::string_view::npos) return {};
    const auto host = field.substr(0, bracketed ? end + 1 : end);
    const bool plain = std::all_of(host.begin(), host.end(), [bracketed](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
               (letter >= '0' && letter <= '9') || letter == '-' || letter == '.' ||
               (bracketed && (letter == ':' || letter == '[' || letter == ']'));
    });
    return plain && host.size() <= host_bytes_max ? std::string(host) : std::string();
}

}  // namespace server::http

#include "server/pool/first_bytes.h"

#include <algorithm>

namespace server::pool {
namespace {

constexpr std::size_t text_bytes = 16;
constexpr std::size_t tls_hello_bytes = 11;

bool is_blank(char letter) { return letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n'; }

bool is_text(std::string_view bytes) {
    return std::all_of(bytes.begin(), bytes.end(),
                       [](char letter) { return is_blank(letter) || (letter > ' ' && letter < 0x7f); });
}

bool is_v1(std::string_view start) {
    if (start.size() < text_bytes || start.front() != '{') return false;
    // One blank at most between the two signs: more would be a weaker pattern.
    const auto quote = is_blank(start[1]) ? start[2] : start[1];
    return quote == '"' && is_text(start.substr(0, text_bytes));
}

bool is_http(std::string_view start) {
    if (start.size() < text_bytes || !is_text(start.substr(0, text_bytes))) return false;
    return start.starts_with("GET ") || start.starts_with("POST ") || start.starts_with("HEAD ");
}

// The record's header (type, version, length), then of the message in it: type, length in 3 bytes, version.
bool is_tls(std::string_view start) {
    if (start.size() < tls_hello_bytes) return false;
    const auto byte = [start](std::size_t at) { return static_cast<std::uint8_t>(start[at]); };
    return byte(0) == 0x16 && byte(1) == 3 && byte(2) <= 4 && byte(3) <= 0x40 && byte(5) == 1 &&
           byte(6) == 0 && byte(9) == 3 && byte(10) <= 3;
}

}  // namespace

FirstBytes read_first_bytes(std::string_view start) {
    if (is_v1(start)) return FirstBytes::v1;
    if (is_http(start)) return FirstBytes::http;
    if (is_tls(start)) return FirstBytes::tls;
    return start.size() >= first_bytes_max ? FirstBytes::v2 : FirstBytes::undecided;
}

}  // namespace server::pool

#include "fleet/statement/text.h"

#include <algorithm>
#include <chrono>

namespace fleet::statement {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

struct Character {
    std::size_t bytes = 0;  // 0: ill-formed
    char32_t value = 0;
};

Character character_at(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    if (first < 0x80) return {1, first};
    const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < bytes) return {};
    char32_t value = first & (0xffU >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xc0U) != 0x80) return {};
        value = (value << 6) | (byte(i) & 0x3fU);
    }
    const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
    const bool surrogate = value >= 0xd800 && value <= 0xdfff;
    if (overlong || surrogate || value > 0x10ffff) return {};
    return {bytes, value};
}

bool in_xml(char32_t value) {
    return value == '\t' || value == '\n' || value == '\r' ||
           (value >= 0x20 && value != 0xfffe && value != 0xffff);
}

void append_number(std::string& out, unsigned number, std::size_t digits) {
    const auto text = std::to_string(number);
    out.append(digits > text.size() ? digits - text.size() : 0, '0');
    out += text;
}

}  // namespace

Signed signed_of(const ledger::Integer& amount) { return Signed(amount); }

std::string decimal_text(const Signed& amount, unsigned scale) {
    const bool negative = amount < 0;
    std::string digits = Signed(negative ? Signed(-amount) : amount).str();
    if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
    if (scale != 0) digits.insert(digits.size() - scale, 1, '.');
    return negative ? "-" + digits : digits;
}

std::string time_text(std::int64_t at_us, std::string_view pattern) {
    using std::chrono::floor;
    const std::chrono::sys_time<std::chrono::microseconds> instant{std::chrono::microseconds(at_us)};
    const auto second = floor<std::chrono::seconds>(instant);
    const auto day = floor<std::chrono::days>(second);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(second - day);
    std::string out;
    for (const char letter : pattern) {
        switch (letter) {
            case 'Y':
                append_number(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
                break;
            case 'M':
                append_number(out, static_cast<unsigned>(date.month()), 2);
                break;
            case 'D':
                append_number(out, static_cast<unsigned>(date.day()), 2);
                break;
            case 'h':
                append_number(out, static_cast<unsigned>(time.hours().count()), 2);
                break;
            case 'm':
                append_number(out, static_cast<unsigned>(time.minutes().count()), 2);
                break;
            case 's':
                append_number(out, static_cast<unsigned>(time.seconds().count()), 2);
                break;
            default:
                out += letter;
        }
    }
    return out;
}

std::string iso_time(std::int64_t at_us) { return time_text(at_us, "Y-M-DTh:m:sZ"); }
std::string iso_date(std::int64_t at_us) { return time_text(at_us, "Y-M-D"); }

std::string clean_text(std::string_view text) {
    const auto plain = [](char letter) { return letter >= 0x20 && letter <= 0x7e; };
    if (std::all_of(text.begin(), text.end(), plain)) return std::string(text);
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto character = character_at(text);
        const std::size_t bytes = character.bytes == 0 ? 1 : character.bytes;
        out += character.bytes != 0 && in_xml(character.value) ? text.substr(0, bytes) : replacement;
        text.remove_prefix(bytes);
    }
    return out;
}

std::string xml_text(std::string_view text) {
    std::string out;
    for (const char letter : clean_text(text)) {
        switch (letter) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            case '\t':
            case '\n':
            case '\r':
                out += "&#" + std::to_string(static_cast<int>(letter)) + ";";
                break;
            default:
                out += letter;
        }
    }
    return out;
}

}  // namespace fleet::statement

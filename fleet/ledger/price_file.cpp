#include "fleet/ledger/price_file.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace fleet::ledger {

namespace {

constexpr std::size_t fields_of_a_line = 5;
constexpr std::size_t line_bytes_max = 512;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A number of exactly these digits; -1: it is none.
int number_in(std::string_view text, std::size_t from, std::size_t digits) {
    int number = 0;
    for (std::size_t i = from; i < from + digits; ++i) {
        if (i >= text.size() || !is_digit(text[i])) return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

// nullopt: too few, too many, or a quotation mark inside a field.
std::optional<std::array<std::string_view, fields_of_a_line>> fields_of(std::string_view line) {
    std::array<std::string_view, fields_of_a_line> fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto comma = line.find(',');
        if ((comma == std::string_view::npos) != (i + 1 == fields.size())) return std::nullopt;
        auto field = line.substr(0, comma);
        if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
            field = field.substr(1, field.size() - 2);
        if (field.find('"') != std::string_view::npos) return std::nullopt;
        fields.at(i) = field;
        if (comma != std::string_view::npos) line.remove_prefix(comma + 1);
    }
    return fields;
}

std::string what_is_wrong(PriceTextError error) {
    switch (error) {
        case PriceTextError::not_a_number:
            return "the price must be digits with a point, as 69123.45";
        case PriceTextError::not_positive:
            return "the price must be above zero";
        case PriceTextError::too_long:
            return "the price has too many digits: at most 38, and 18 behind the point";
    }
    return {};
}

// Fills `out`; gives what is wrong, or nothing.
std::string read_line(std::string_view line, PriceLine& out) {
    if (line.size() > line_bytes_max) return "the line is too long: at most 512 letters";
    const auto fields = fields_of(line);
    if (!fields) return "a line has five fields: " + std::string(price_file_header);
    out.asset = (*fields)[0];
    out.quote = (*fields)[1];
    if (!is_asset_code(out.asset) || !is_asset_code(out.quote))
        return "asset and quote are codes as BTC and USD, in capital letters";
    if (out.asset == out.quote) return "asset and quote are the same";
    const auto at_us = parse_utc((*fields)[2]);
    if (!at_us || *at_us % minute_us != 0) return "the minute must be UTC, as 2026-11-25T05:00Z";
    out.minute_us = *at_us;
    out.venue = (*fields)[3];
    if (!is_venue(out.venue))
        return "the venue is a word of small letters, digits, '_', '.' and '-', as kraken";
    const auto price = parse_price((*fields)[4]);
    if (!price) return what_is_wrong(price.error());
    out.price = *price;
    return {};
}

std::string_view without_quotes_and_blanks(std::string& kept, std::string_view line) {
    kept.clear();
    std::copy_if(line.begin(), line.end(), std::back_inserter(kept),
                 [](char c) { return c != '"' && c != ' '; });
    return kept;
}

}  // namespace

bool is_venue(std::string_view text) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c); };
    return !text.empty() && text.size() <= 32 && letter(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [&](char c) { return letter(c) || c == '_' || c == '.' || c == '-'; });
}

bool is_asset_code(std::string_view text) {
    const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    return text.size() >= 2 && text.size() <= 12 && capital(text.front()) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return capital(c) || is_digit(c); });
}

std::optional<std::int64_t> parse_utc(std::string_view text) {
    if (text.size() != 17 && text.size() != 20) return std::nullopt;
    if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text.back() != 'Z' ||
        (text.size() == 20 && text[16] != ':'))
        return std::nullopt;
    const int year = number_in(text, 0, 4);
    const int month = number_in(text, 5, 2);
    const int day = number_in(text, 8, 2);
    const int hour = number_in(text, 11, 2);
    const int minute = number_in(text, 14, 2);
    const int second = text.size() == 20 ? number_in(text, 17, 2) : 0;
    if (year < 1970 || year > 2199 || month < 1 || day < 1 || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 59)
        return std::nullopt;
    const auto date =
        std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                    std::chrono::day(static_cast<unsigned>(day)));
    if (!date.ok()) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1'000'000;
}

PriceFile parse_price_file(std::string_view text) {
    PriceFile file;
    const auto report = [&](std::size_t line, std::string problem) {
        if (file.problems.size() < price_file_problems_max)
            file.problems.push_back({line, std::move(problem)});
    };
    if (text.size() > price_file_bytes_max) {
        report(0, "the file is too large: at most 128 MiB; split it");
        return file;
    }
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    bool header_seen = false;
    std::string kept;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        if (line.empty()) continue;
        if (!header_seen) {
            header_seen = true;
            if (without_quotes_and_blanks(kept, line) != price_file_header) {
                report(number, "the first line must be the header " + std::string(price_file_header));
                return file;
            }
            continue;
        }
        PriceLine parsed;
        parsed.line = number;
        parsed.raw = line;
        if (auto problem = read_line(line, parsed); !problem.empty())
            report(number, std::move(problem));
        else
            file.lines.push_back(std::move(parsed));
    }
    if (!header_seen) report(1, "the file is empty; its first line is " + std::string(price_file_header));
    return file;
}

std::string text_of(const PriceLine& line) {
    const auto minutes =
        std::chrono::sys_time<std::chrono::minutes>(std::chrono::minutes(line.minute_us / minute_us));
    const auto day = std::chrono::floor<std::chrono::days>(minutes);
    const std::chrono::year_month_day date(day);
    const auto in_day = static_cast<int>((minutes - day).count());
    std::array<char, 40> time{};
    std::snprintf(time.data(), time.size(), "%04d-%02u-%02uT%02d:%02dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), in_day / 60,
                  in_day % 60);
    return line.asset + "," + line.quote + "," + time.data() + "," + line.venue + "," + text_of(line.price);
}

}  // namespace fleet::ledger

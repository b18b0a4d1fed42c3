#include "fleet/ledger/calendar.h"

#include <chrono>

namespace fleet::ledger {

namespace {

// A number of exactly these digits.
std::optional<unsigned> number_in(std::string_view text) {
    unsigned number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + static_cast<unsigned>(c - '0');
    }
    return number;
}

std::optional<std::chrono::year_month> year_month_in(std::string_view text) {
    if (text.size() != 7 || text[4] != '-') return std::nullopt;
    const auto year = number_in(text.substr(0, 4));
    const auto month = number_in(text.substr(5, 2));
    if (!year || !month || *year < 1970 || *year > 2199 || *month < 1 || *month > 12) return std::nullopt;
    return std::chrono::year(static_cast<int>(*year)) / std::chrono::month(*month);
}

std::int64_t start_of(const std::chrono::year_month_day& date) {
    return std::chrono::sys_days(date).time_since_epoch().count() * day_us;
}

Month month_of(const std::chrono::year_month& month) {
    const auto year = static_cast<int>(month.year());
    const auto number = static_cast<unsigned>(month.month());
    return {std::to_string(year) + (number < 10 ? "-0" : "-") + std::to_string(number),
            start_of(month / std::chrono::day(1)),
            start_of((month + std::chrono::months(1)) / std::chrono::day(1))};
}

}  // namespace

std::optional<std::int64_t> parse_day(std::string_view text) {
    if (text.size() != 10 || text[7] != '-') return std::nullopt;
    const auto month = year_month_in(text.substr(0, 7));
    const auto day = number_in(text.substr(8));
    if (!month || !day) return std::nullopt;
    const auto date = *month / std::chrono::day(*day);
    if (!date.ok()) return std::nullopt;
    return start_of(date);
}

std::optional<Month> parse_month(std::string_view text) {
    const auto month = year_month_in(text);
    if (!month) return std::nullopt;
    return month_of(*month);
}

Month month_at(std::int64_t at_us) {
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(at_us / day_us))};
    return month_of(date.year() / date.month());
}

}  // namespace fleet::ledger

#pragma once
// Days and months of the books: UTC, written 2026-11-25 and 2026-11, from 1970 to 2199. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fleet::ledger {

inline constexpr std::int64_t day_us = 86'400'000'000;

// Its 00:00, in microseconds since 1970; nullopt: no such day.
[[nodiscard]] std::optional<std::int64_t> parse_day(std::string_view text);

struct Month {
    std::string text;
    std::int64_t start_us = 0;
    std::int64_t end_us = 0;  // the start of the next one
};
[[nodiscard]] std::optional<Month> parse_month(std::string_view text);
// The month an instant lies in, from 1970 on.
[[nodiscard]] Month month_at(std::int64_t at_us);

}  // namespace fleet::ledger

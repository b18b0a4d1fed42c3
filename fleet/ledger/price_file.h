#pragma once
// A file of minute prices as a person hands it in: CSV with the header asset,quote,minute,venue,price. Pure;
// any thread. Called by `hashyard price import`.
//     BTC,USD,2026-11-25T05:00Z,kraken,69123.45
// A field may stand in quotation marks; lines may end in CR LF; empty lines are skipped.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/ledger/conversion.h"

namespace fleet::ledger {

inline constexpr std::size_t price_file_bytes_max = 128U << 20U;  // two years of minutes of one pair: 50 MB
inline constexpr std::size_t price_file_problems_max = 20;
inline constexpr std::string_view price_file_header = "asset,quote,minute,venue,price";
inline constexpr std::int64_t minute_us = 60'000'000;

struct PriceLine {
    std::size_t line = 0;  // of the file, from 1
    std::string asset;
    std::string quote;
    std::int64_t minute_us = 0;  // its start, since 1970
    std::string venue;
    Price price;
    std::string raw;  // the line as it stands
};

struct PriceFileProblem {
    std::size_t line = 0;
    std::string text;  // what is wrong and what to write
};

struct PriceFile {
    std::vector<PriceLine> lines;
    std::vector<PriceFileProblem> problems;  // the first ones; any of them: use nothing of the file
};
[[nodiscard]] PriceFile parse_price_file(std::string_view text);
// The line parse_price_file() reads as this one.
[[nodiscard]] std::string text_of(const PriceLine& line);

// "2026-11-25T05:00:30Z", seconds left out or not, in microseconds since 1970; from 1970 to 2199.
[[nodiscard]] std::optional<std::int64_t> parse_utc(std::string_view text);

// The start of the minute an instant (not before 1970) belongs to.
[[nodiscard]] constexpr std::int64_t minute_of(std::int64_t at_us) { return at_us - at_us % minute_us; }

// Lower-case letters, digits, '_', '.', '-'; at most 32, the first a letter or digit.
[[nodiscard]] bool is_venue(std::string_view text);
// "BTC": an upper-case letter, then upper-case letters and digits, 2 to 12 in all.
[[nodiscard]] bool is_asset_code(std::string_view text);

}  // namespace fleet::ledger

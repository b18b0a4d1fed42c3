#pragma once
// How amounts and instants read in a document. Pure; any thread; the same input gives the same bytes on any
// machine and in any locale.

#include <cstdint>
#include <string>
#include <string_view>

#include "fleet/ledger/integer.h"

namespace fleet::statement {

// An amount with its sign, in base units. Checked: what does not fit throws std::range_error or
// std::overflow_error. Amounts of the ledger have at most 38 digits, so a sum of 2^128 of them fits.
using Signed = boost::multiprecision::checked_int256_t;

[[nodiscard]] Signed signed_of(const ledger::Integer& amount);

// "-0.00012345" of -12345 at scale 8; always `scale` digits behind the point, no thousands.
[[nodiscard]] std::string decimal_text(const Signed& amount, unsigned scale);

// The instant in UTC, whole seconds, by a pattern: Y M D are date fields, h m s time fields, all with leading
// zeros; other letters stand for themselves. Years 0001 to 9999.
[[nodiscard]] std::string time_text(std::int64_t at_us, std::string_view pattern);
[[nodiscard]] std::string iso_time(std::int64_t at_us);  // 2026-10-05T12:34:56Z
[[nodiscard]] std::string iso_date(std::int64_t at_us);  // 2026-10-05

// Ill-formed UTF-8 and characters that XML 1.0 does not know become U+FFFD.
[[nodiscard]] std::string clean_text(std::string_view text);

// Clean, and `& < > " '` written as entities; tab, line feed and carriage return as references, so that no
// reader folds them.
[[nodiscard]] std::string xml_text(std::string_view text);

}  // namespace fleet::statement

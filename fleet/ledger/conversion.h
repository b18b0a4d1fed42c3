#pragma once
// Prices, and amounts turned from one asset into another with them. Pure; any thread; integers only.
// A price is what one whole unit of an asset (1 BTC) costs in whole units of the quote (USD).

#include <boost/system/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "fleet/ledger/integer.h"

namespace fleet::ledger {

inline constexpr unsigned price_scale_max = 18;
inline constexpr unsigned price_digits_max = 38;  // numeric(38, 0) of the table
inline constexpr unsigned asset_scale_max = 36;   // of the table assets

// value / 10^scale. parse_price() gives the shortest form, so equal prices are equal in both fields.
struct Price {
    // No aggregate: an Integer is made of any enum, so a result of Price would be ambiguous.
    Price() = default;
    Price(Integer price_value, unsigned price_scale) : value(std::move(price_value)), scale(price_scale) {}

    Integer value;
    unsigned scale = 0;

    friend bool operator==(const Price&, const Price&) = default;
};

enum class PriceTextError { not_a_number, not_positive, too_long };
const char* name_of(PriceTextError error);
inline std::ostream& operator<<(std::ostream& out, PriceTextError error) { return out << name_of(error); }
// Found by argument-dependent lookup when value() is called on an error.
[[noreturn]] void throw_exception_from_error(PriceTextError error, const boost::source_location& where);

// "69123.45": digits, and a point with digits behind it. No sign, exponent, blank or thousands separator; a
// leading zero only before the point. Closing zeros behind the point are dropped.
[[nodiscard]] boost::system::result<Price, PriceTextError> parse_price(std::string_view text);
[[nodiscard]] std::string text_of(const Price& price);

// An amount as people write it, "1234567.89", in base units of an asset with so many decimal places; at most
// price_scale_max of them may be written. nullopt: no such positive amount.
[[nodiscard]] std::optional<Integer> parse_amount(std::string_view text, unsigned asset_scale);
[[nodiscard]] std::string amount_text(const Integer& amount, unsigned asset_scale);

// Decimal places of one whole unit of each: 8 for BTC, 2 for USD.
struct ConversionScales {
    unsigned asset = 0;
    unsigned quote = 0;
};

// What a cost in the quote takes of the asset, in base units: rounded up, so the operator never keeps too
// little back for a bill. bad_rule: a price of zero or a scale out of range.
[[nodiscard]] LedgerResult<Integer> cost_in_asset(const Integer& quote_amount, const Price& price,
                                                  ConversionScales scales);

// What an amount of the asset is worth in the quote, in base units: to the nearest, halves to the even one.
// It values lines of statements; rounded down, their sum would drift below the value of the sum.
[[nodiscard]] LedgerResult<Integer> value_in_quote(const Integer& asset_amount, const Price& price,
                                                   ConversionScales scales);

// Whether so much was paid for so much at this price, as far as the price's last digit tells: a venue's
// average price is rounded, the amount is not.
[[nodiscard]] bool price_explains(const Integer& quote_amount, const Integer& asset_amount,
                                  const Price& price, ConversionScales scales);

}  // namespace fleet::ledger

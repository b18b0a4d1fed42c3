#include "fleet/ledger/conversion.h"

#include <algorithm>
#include <stdexcept>

namespace fleet::ledger {

namespace {

bool digits_only(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Integer power_of_ten(unsigned exponent) { return boost::multiprecision::pow(Integer(10), exponent); }

bool usable(const Price& price, ConversionScales scales) {
    return price.value != 0 && price.scale <= price_scale_max && scales.asset <= asset_scale_max &&
           scales.quote <= asset_scale_max;
}

// The common powers of ten cancel, so that wei of long bills fit as well.
struct Fraction {
    Integer over;
    Integer under;
};
Fraction powers(unsigned over, unsigned under) {
    const auto common = std::min(over, under);
    return {power_of_ten(over - common), power_of_ten(under - common)};
}

}  // namespace

const char* name_of(PriceTextError error) {
    switch (error) {
        case PriceTextError::not_a_number:
            return "not_a_number";
        case PriceTextError::not_positive:
            return "not_positive";
        case PriceTextError::too_long:
            return "too_long";
    }
    return "unknown";
}

void throw_exception_from_error(PriceTextError error, const boost::source_location& where) {
    throw std::runtime_error(std::string("price: ") + name_of(error) + " at " + where.file_name());
}

boost::system::result<Price, PriceTextError> parse_price(std::string_view text) {
    const auto point = text.find('.');
    const auto whole = text.substr(0, point);
    auto part = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
    if (!digits_only(whole) || (point != std::string_view::npos && !digits_only(part)))
        return PriceTextError::not_a_number;
    if (whole.size() > 1 && whole.front() == '0') return PriceTextError::not_a_number;
    while (!part.empty() && part.back() == '0') part.remove_suffix(1);
    if (part.size() > price_scale_max || whole.size() + part.size() > price_digits_max)
        return PriceTextError::too_long;
    // Without leading zeros, which would make it an octal number.
    auto digits = std::string(whole) + std::string(part);
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
    if (digits.empty()) return PriceTextError::not_positive;
    return Price{Integer(digits), static_cast<unsigned>(part.size())};
}

std::string text_of(const Price& price) {
    auto digits = price.value.str();
    if (price.scale == 0) return digits;
    if (digits.size() <= price.scale) digits.insert(0, price.scale + 1 - digits.size(), '0');
    digits.insert(digits.size() - price.scale, ".");
    return digits;
}

std::optional<Integer> parse_amount(std::string_view text, unsigned asset_scale) {
    const auto number = parse_price(text);
    if (!number || number->scale > asset_scale || asset_scale > asset_scale_max) return std::nullopt;
    return Integer(number->value * power_of_ten(asset_scale - number->scale));
}

std::string amount_text(const Integer& amount, unsigned asset_scale) {
    return text_of({amount, asset_scale});
}

LedgerResult<Integer> cost_in_asset(const Integer& quote_amount, const Price& price,
                                    ConversionScales scales) {
    if (!usable(price, scales)) return LedgerError::bad_rule;
    return checked([&] {
        const auto factor = powers(price.scale + scales.asset, scales.quote);
        const Integer over = quote_amount * factor.over;
        const Integer under = price.value * factor.under;
        Integer quotient;
        Integer rest;
        boost::multiprecision::divide_qr(over, under, quotient, rest);
        return Integer(rest == 0 ? quotient : quotient + 1);
    });
}

LedgerResult<Integer> value_in_quote(const Integer& asset_amount, const Price& price,
                                     ConversionScales scales) {
    if (!usable(price, scales)) return LedgerError::bad_rule;
    return checked([&] {
        const auto factor = powers(scales.quote, price.scale + scales.asset);
        const Integer over = asset_amount * price.value * factor.over;
        Integer quotient;
        Integer rest;
        boost::multiprecision::divide_qr(over, factor.under, quotient, rest);
        const Integer gap = factor.under - rest;
        const bool up = rest > gap || (rest == gap && quotient % 2 == 1);
        return Integer(up ? quotient + 1 : quotient);
    });
}

bool price_explains(const Integer& quote_amount, const Integer& asset_amount, const Price& price,
                    ConversionScales scales) {
    if (!usable(price, scales)) return false;
    auto least = value_in_quote(asset_amount, price, scales);
    auto most = least;
    if (price.scale < price_scale_max) {
        // Half a step of the last digit to either side.
        least = value_in_quote(asset_amount, {price.value * 10 - 5, price.scale + 1}, scales);
        most = value_in_quote(asset_amount, {price.value * 10 + 5, price.scale + 1}, scales);
    }
    return least && most && quote_amount + 1 >= *least && quote_amount <= *most + 1;
}

}  // namespace fleet::ledger

#include "fleet/ledger/buyback.h"

#include <algorithm>
#include <chrono>

#include "fleet/ledger/reward.h"

namespace fleet::ledger {

namespace {

Integer kept(const Integer& earned, const Integer& returned) {
    return earned > returned ? Integer(earned - returned) : Integer(0);
}

LedgerResult<Integer> total_of(const std::vector<LineRevenue>& revenue) {
    return checked([&] {
        Integer earned = 0;
        Integer returned = 0;
        for (const auto& line : revenue) {
            earned += line.earned;
            returned += line.returned;
        }
        return kept(earned, returned);
    });
}

std::int64_t first_instant_us(int year, unsigned month) {
    const std::chrono::sys_days day(std::chrono::year(year) / std::chrono::month(month) / 1);
    return std::int64_t{day.time_since_epoch().count()} * 86'400'000'000;
}

Quarter quarter_of(int year, unsigned number) {
    const auto name = std::to_string(year) + "-Q" + std::to_string(number);
    const auto next_year = number == 4 ? year + 1 : year;
    const auto next_month = number == 4 ? 1U : 3 * number + 1;
    return {name, first_instant_us(year, 3 * number - 2), first_instant_us(next_year, next_month)};
}

}  // namespace

LedgerResult<Buyback> buyback_of(const std::vector<LineRevenue>& revenue, unsigned basis_points_of_total) {
    Buyback buyback;
    Weights weights;
    for (const auto& line : revenue) {
        if (!weights.emplace(line.line, kept(line.earned, line.returned)).second)
            return LedgerError::bad_rule;
        buyback.lines.push_back({line.line, line.earned, line.returned, 0});
    }
    const auto total = total_of(revenue);
    if (!total) return total.error();
    buyback.total = *total;
    const auto amount = fee_of(buyback.total, basis_points_of_total);
    if (!amount) return amount.error();
    buyback.amount = *amount;
    const auto shares = apportion(buyback.amount, weights);
    if (!shares) return shares.error();
    std::sort(buyback.lines.begin(), buyback.lines.end(),
              [](const BuybackLine& a, const BuybackLine& b) { return a.line < b.line; });
    for (std::size_t i = 0; i < shares->size(); ++i) buyback.lines[i].amount = (*shares)[i].amount;
    return buyback;
}

std::optional<Quarter> parse_quarter(std::string_view text) {
    if (text.size() != 7 || text.substr(4, 2) != "-Q" || text[6] < '1' || text[6] > '4') return std::nullopt;
    int year = 0;
    for (const char digit : text.substr(0, 4)) {
        if (digit < '0' || digit > '9') return std::nullopt;
        year = year * 10 + (digit - '0');
    }
    if (year < 1970 || year > 2199) return std::nullopt;
    return quarter_of(year, static_cast<unsigned>(text[6] - '0'));
}

Quarter quarter_before(const Quarter& quarter) {
    const int year = std::stoi(quarter.name.substr(0, 4));
    const auto number = static_cast<unsigned>(quarter.name.back() - '0');
    return number == 1 ? quarter_of(year - 1, 4) : quarter_of(year, number - 1);
}

std::string canonical_buyback_input(const std::string& quarter, const std::string& asset,
                                    unsigned basis_points_of_total, const Buyback& buyback) {
    std::string text = "hashyard buyback 1\nquarter " + quarter + "\nasset " + asset + "\nbasis_points " +
                       std::to_string(basis_points_of_total) + "\n";
    for (const auto& line : buyback.lines)
        text += "line " + line.line + " " + line.earned.str() + " " + line.returned.str() + "\n";
    return text;
}

std::string canonical_buyback_output(const Buyback& buyback) {
    std::string text = "amount " + buyback.amount.str() + "\n";
    for (const auto& line : buyback.lines) text += "line " + line.line + " " + line.amount.str() + "\n";
    return text;
}

}  // namespace fleet::ledger

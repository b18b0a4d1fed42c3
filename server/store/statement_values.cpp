#include "fleet/ledger/conversion.h"
#include "server/store/numbers.h"
#include "server/store/statement_parts.h"

namespace server::store {

namespace {

using fleet::statement::FiatValue;
using fleet::statement::Signed;

// As in price_lookup.h: an older price is none.
constexpr std::int64_t price_age_max_us = 3'600'000'000;

FiatValue value_of(const fleet::statement::StatementRow& row, const pqxx::row& price,
                   const std::string& currency, unsigned currency_scale) {
    const fleet::ledger::Price found(integer_of(price[1]), price[2].as<unsigned>());
    const bool negative = row.amount < 0;
    const Signed size = negative ? Signed(-row.amount) : row.amount;
    const auto worth =
        fleet::ledger::value_in_quote(fleet::ledger::Integer(size), found, {row.scale, currency_scale})
            .value();
    FiatValue out;
    out.currency = currency;
    out.price = text_of(found);
    out.source = price[3].as<std::string>();
    out.at_us = price[4].as<std::int64_t>();
    out.value = fleet::statement::signed_of(worth);
    if (negative) out.value = -out.value;
    out.scale = currency_scale;
    return out;
}

}  // namespace

void add_values(pqxx::work& transaction, const StatementQuery& query, unsigned currency_scale,
                std::vector<PageRow>& page) {
    if (query.currency.empty()) return;
    std::vector<std::string> assets;
    std::vector<std::string> minutes;
    for (auto& item : page) {
        auto& row = item.row;
        // What is in the currency already is worth itself.
        if (row.asset == query.currency)
            row.fiat = FiatValue{row.asset, "1", "itself", row.event_at_us, row.amount, row.scale};
        assets.push_back(row.asset);
        minutes.push_back(std::to_string(row.event_at_us - row.event_at_us % 60'000'000));
    }
    for (const auto& price : transaction.exec_params(
             "select r.place, p.value, p.scale, p.venue, p.minute_us from unnest($1::text[], $2::bigint[]) "
             "with "
             "ordinality r (asset, minute_us, place) cross join lateral (select p.value, p.scale, p.venue, "
             "p.minute_us from prices p where p.asset = r.asset and p.quote = $3 and p.minute_us <= "
             "r.minute_us "
             "and p.minute_us >= r.minute_us - $4 order by p.minute_us desc, p.venue limit 1) p",
             array_text(assets), array_text(minutes), query.currency, price_age_max_us)) {
        auto& row = page.at(price[0].as<std::size_t>() - 1).row;
        row.fiat = value_of(row, price, query.currency, currency_scale);
    }
}

}  // namespace server::store

#include "server/store/prices.h"

#include <tuple>

#include "fleet/ledger/price_file.h"
#include "server/store/ledger_posting.h"
#include "server/store/numbers.h"
#include "server/store/price_lookup.h"
#include "stratum/sha256.h"

namespace server::store {

namespace {

std::string hash_of_raw(const std::string& raw) {
    return stratum::to_hex(stratum::sha256(stratum::view_of(raw)).bytes);
}

void stage(pqxx::work& transaction, const std::vector<PriceRow>& rows) {
    transaction.exec(
        "drop table if exists staged_prices; create temporary table staged_prices (line integer, asset text, "
        "quote text, minute_us bigint, venue text, value numeric, scale integer, source text, raw_hash text) "
        "on commit drop");
    static const std::vector<std::string> columns{"line",  "asset", "quote",  "minute_us", "venue",
                                                  "value", "scale", "source", "raw_hash"};
    auto stream = copy_into(transaction, "staged_prices", columns);
    std::int32_t line = 0;
    for (const auto& row : rows)
        stream << std::make_tuple(line++, row.asset, row.quote, row.minute_us, row.venue,
                                  row.price.value.str(), static_cast<std::int32_t>(row.price.scale),
                                  row.source, hash_of_raw(row.raw));
    stream.complete();
    transaction.exec("create index on staged_prices (asset, quote, minute_us, venue); analyze staged_prices");
}

// Each with a placeholder-free query that gives the lines it refuses, and why.
constexpr const char* refusals[] = {
    "select line, 'the ledger has no asset ' || code from (select line, unnest(array[asset, quote]) as code "
    "from staged_prices) s where not exists (select from assets a where a.code = s.code)",
    "select s.line, 'this minute and venue have another price: ' || p.value || ' / 10^' || p.scale from "
    "staged_prices s join prices p using (asset, quote, minute_us, venue) where (p.value, p.scale) is "
    "distinct from (s.value, s.scale)",
    "select line, 'this minute and venue came with another price before' from (select line, value, scale, "
    "first_value(value) over same as first_price, first_value(scale) over same as first_scale from "
    "staged_prices window same as (partition by asset, quote, minute_us, venue order by line)) s where "
    "(value, scale) is distinct from (first_price, first_scale)",
    "select line, price_month(minute_us) || ' is closed: it takes no more prices' from staged_prices s where "
    "price_month(minute_us) <= (select max(period) from periods where state <> 'open') and not exists "
    "(select from prices p where (p.asset, p.quote, p.minute_us, p.venue) = (s.asset, s.quote, s.minute_us, "
    "s.venue))",
};

std::vector<RefusedPrice> refused_of(pqxx::work& transaction) {
    std::string all;
    for (const auto* refusal : refusals) all += (all.empty() ? "" : " union all ") + std::string(refusal);
    std::vector<RefusedPrice> out;
    for (const auto& row : transaction.exec("select line, min(why) from (" + all +
                                            ") r (line, why) group by line order by line limit " +
                                            std::to_string(refused_prices_max)))
        out.push_back({row[0].as<std::size_t>(), row[1].as<std::string>()});
    return out;
}

PriceImport import_staged(pqxx::work& transaction, PriceImportMode mode) {
    PriceImport outcome;
    outcome.refused = refused_of(transaction);
    if (!outcome.refused.empty()) return outcome;
    const auto counts = transaction.exec1(
        "select count(distinct (s.asset, s.quote, s.minute_us, s.venue)) filter (where p.asset is null), "
        "count(*) from staged_prices s left join prices p using (asset, quote, minute_us, venue)");
    outcome.added = counts[0].as<std::size_t>();
    outcome.unchanged = counts[1].as<std::size_t>() - outcome.added;
    if (mode == PriceImportMode::try_only) return outcome;
    transaction.exec(
        "insert into prices (asset, quote, minute_us, venue, value, scale, source, raw_hash) select distinct "
        "on (asset, quote, minute_us, venue) asset, quote, minute_us, venue, value, scale, source, "
        "decode(raw_hash, 'hex') from staged_prices s where not exists (select from prices p where (p.asset, "
        "p.quote, p.minute_us, p.venue) = (s.asset, s.quote, s.minute_us, s.venue)) order by asset, quote, "
        "minute_us, venue, line");
    return outcome;
}

// value, scale, venue, minute, source, hash.
constexpr const char* columns_of_found = "value, scale, venue, minute_us, source, encode(raw_hash, 'hex')";

FoundPrice found_in(const pqxx::row& row) {
    FoundPrice found;
    found.price = {integer_of(row[0]), row[1].as<unsigned>()};
    found.venue = row[2].as<std::string>();
    found.minute_us = row[3].as<std::int64_t>();
    found.source = row[4].as<std::string>();
    found.raw_hash = row[5].as<std::string>();
    return found;
}

std::string listed(const std::vector<std::string>& venues) {
    std::string text;
    for (const auto& venue : venues) text += (text.empty() ? "" : ",") + venue;
    return text;
}

}  // namespace

Stored<PriceImport> import_prices(Database& database, const std::vector<PriceRow>& rows,
                                  PriceImportMode mode) {
    if (rows.empty()) return PriceImport{};
    try {
        return transact(database, [&](pqxx::work& transaction) {
            // Whoever imports takes a turn, so what was checked still holds when it is stored.
            transaction.exec("lock table prices in share row exclusive mode");
            stage(transaction, rows);
            return import_staged(transaction, mode);
        });
    } catch (const std::exception& failure) {
        const auto refusal = ledger_refusal_in(failure);
        if (!refusal) throw;
        PriceImport outcome;
        outcome.refused.push_back({0, *refusal});
        return outcome;
    }
}

std::optional<FoundPrice> find_price(pqxx::work& transaction, const PriceQuery& query) {
    const auto minute_us = fleet::ledger::minute_of(query.at_us);
    const auto rows = transaction.exec_params(
        std::string("select ") + columns_of_found +
            " from prices where asset = $1 and quote = $2 and minute_us between $3 and $4 and ($5 = '' or "
            "venue = any(string_to_array($5, ','))) order by minute_us desc, "
            "array_position(string_to_array($5, ','), venue), venue limit 1",
        query.asset, query.quote, minute_us - query.age_max_us, minute_us, listed(query.venues));
    if (rows.empty()) return std::nullopt;
    auto found = found_in(rows[0]);
    found.fallback = found.minute_us != minute_us;
    return found;
}

Stored<std::optional<FoundPrice>> price_at(Database& database, const PriceQuery& query) {
    return transact(database, [&](pqxx::work& transaction) { return find_price(transaction, query); });
}

Stored<std::vector<ListedPrice>> list_prices(Database& database, const PriceFilter& filter) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<ListedPrice> out;
        for (const auto& row : transaction.exec_params(
                 std::string("select ") + columns_of_found +
                     ", asset, quote, to_char(fetched_at at time zone 'UTC', "
                     "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
                     " from prices where ($1 = '' or asset = $1) and ($2 = '' or quote = $2) and ($3 = '' or "
                     "venue = $3) and minute_us >= $4 and ($5::bigint = 0 or minute_us < $5) order by "
                     "minute_us desc, "
                     "asset, quote, venue limit $6",
                 filter.asset, filter.quote, filter.venue, filter.from_us, filter.until_us,
                 static_cast<std::int64_t>(filter.most)))
            out.push_back({row[6].as<std::string>(), row[7].as<std::string>(), found_in(row),
                           row[8].as<std::string>()});
        return out;
    });
}

}  // namespace server::store

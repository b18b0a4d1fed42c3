#pragma once
// Minute prices. Any thread; one transaction each. A price once stored stands for ever, and a closed month
// takes none (migration 0009), so a period that is computed again finds what it was computed with.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fleet/ledger/conversion.h"
#include "server/store/database.h"

namespace server::store {

struct PriceRow {
    std::string asset;
    std::string quote;
    std::int64_t minute_us = 0;  // the start of a UTC minute
    std::string venue;           // as fleet::ledger::is_venue() wants it
    fleet::ledger::Price price;
    std::string source;  // where it came from: a file's name, a URL without secrets
    std::string raw;     // what was read; its SHA-256 is stored
};

enum class PriceImportMode { store, try_only };
struct RefusedPrice {
    std::size_t row = 0;  // of those handed in
    std::string text;
};
struct PriceImport {
    std::size_t added = 0;              // try_only: would be added
    std::size_t unchanged = 0;          // stood there with the same value
    std::vector<RefusedPrice> refused;  // the first ones; any of them: nothing was stored
};
inline constexpr std::size_t refused_prices_max = 20;
// All or nothing. Refused: an asset the ledger does not know, another value for a minute and venue that has
// one, a month that is closed.
[[nodiscard]] Stored<PriceImport> import_prices(Database& database, const std::vector<PriceRow>& rows,
                                                PriceImportMode mode);

struct PriceQuery {
    std::string asset;
    std::string quote;
    std::int64_t at_us = 0;
    std::vector<std::string> venues;  // the first that has the minute wins; empty: all, by name
    std::int64_t age_max_us = 3'600'000'000;
};
struct FoundPrice {
    fleet::ledger::Price price;
    std::string venue;
    std::int64_t minute_us = 0;
    std::string source;
    std::string raw_hash;   // hex
    bool fallback = false;  // of an earlier minute than the one asked for
};
// The minute of at_us, else the newest one before it that is at most age_max_us older. Inside the store:
// find_price() of price_lookup.h.
[[nodiscard]] Stored<std::optional<FoundPrice>> price_at(Database& database, const PriceQuery& query);

struct PriceFilter {
    std::string asset;  // empty: all
    std::string quote;
    std::string venue;
    std::int64_t from_us = 0;
    std::int64_t until_us = 0;  // 0: no end; else not included
    std::size_t most = 100;
};
struct ListedPrice {
    std::string asset;
    std::string quote;
    FoundPrice found;
    std::string fetched_at;  // UTC, ISO 8601
};
// Newest first.
[[nodiscard]] Stored<std::vector<ListedPrice>> list_prices(Database& database, const PriceFilter& filter);

}  // namespace server::store

// Minute prices in a real PostgreSQL: what is stored stays, and what a closed month was computed with is all
// it ever has.

#include "server/store/prices.h"

#include <thread>

#include "fleet/ledger/price_file.h"
#include "server/store/ledger.h"
#include "server/store/ledger_check.h"
#include "server/store/periods.h"
#include "server/store/transaction.h"
#include "tests/catch.h"
#include "tests/integration/store/fresh_database.h"

using namespace server::store;
using fleet::ledger::minute_us;
using integration::ask;
using integration::FreshDatabase;

namespace {

const std::int64_t noon_us = fleet::ledger::parse_utc("2025-11-10T12:00Z").value();

PriceRow row(std::int64_t minute, const std::string& price, const std::string& venue = "kraken") {
    return {
        "BTC",  "USD",        noon_us + minute * minute_us, venue, fleet::ledger::parse_price(price).value(),
        "test", venue + price};
}

PriceImport import(FreshDatabase& database, const std::vector<PriceRow>& rows,
                   PriceImportMode mode = PriceImportMode::store) {
    return import_prices(*database, rows, mode).value();
}

std::string refused(const PriceImport& outcome) {
    return outcome.refused.empty() ? ""
                                   : std::to_string(outcome.refused[0].row) + ": " + outcome.refused[0].text;
}

// "69000 kraken", with " fallback" behind it when it is of an earlier minute.
std::string at(FreshDatabase& database, std::int64_t minute, std::vector<std::string> venues = {},
               std::int64_t age_max_minutes = 60) {
    const auto found = price_at(*database, {"BTC", "USD", noon_us + minute * minute_us + 59'999'999,
                                            std::move(venues), age_max_minutes * minute_us})
                           .value();
    if (!found) return "none";
    return text_of(found->price) + " " + found->venue + (found->fallback ? " fallback" : "");
}

std::string refusal_of(FreshDatabase& database, const std::string& sql) {
    try {
        static_cast<void>(transact(*database, [&](pqxx::work& transaction) { transaction.exec(sql); }));
    } catch (const std::exception& failure) {
        return failure.what();
    }
    return {};
}

// Opens November with a transfer, proves the books, closes the month.
void close_november(FreshDatabase& database) {
    fleet::ledger::Transfer transfer;
    transfer.id = fleet::ledger::transfer_id("test", "bill", "", "");
    transfer.debit = {"USD", "power", "", ""};
    transfer.credit = {"USD", "payable", "supplier:grid", ""};
    transfer.amount = 5;
    transfer.code = "bill";
    transfer.event_at_us = noon_us;
    transfer.source_kind = "test";
    transfer.source_id = "bill";
    REQUIRE(post_transfers(*database, noon_us, {transfer}).value().refused == "");
    REQUIRE(check_ledger(*database).value().findings.empty());
    REQUIRE(close_period(*database, "2025-11", "eva", noon_us + 31LL * 86'400'000'000).value().refused == "");
}

}  // namespace

TEST_CASE("the same prices again are no change; another price for a minute and venue is refused") {
    FreshDatabase database;
    const std::vector<PriceRow> rows{row(0, "69123.45"), row(1, "69124"), row(0, "69120", "coinbase")};
    CHECK(import(database, rows).added == 3);
    const auto again = import(database, rows);
    CHECK(again.added == 0);
    CHECK(again.unchanged == 3);
    CHECK(refused(again) == "");
    const auto other = import(database, {row(2, "1"), row(1, "69124.01")});
    CHECK(refused(other) == "1: this minute and venue have another price: 69124 / 10^0");
    CHECK(at(database, 2) == "69124 kraken fallback");
    CHECK(ask(*database, "select count(*) from prices") == "3");
    CHECK(ask(*database, "select (raw_hash = sha256('kraken69123.45'))::text from prices where scale = 2") ==
          "true");
}

TEST_CASE("a file is taken whole or not at all, and a trial run stores nothing") {
    FreshDatabase database;
    CHECK(import(database, {row(0, "5"), row(1, "6")}, PriceImportMode::try_only).added == 2);
    CHECK(ask(*database, "select count(*) from prices") == "0");
    auto foreign = row(1, "6");
    foreign.asset = "GOLD";
    CHECK(refused(import(database, {row(0, "5"), foreign})) == "1: the ledger has no asset GOLD");
    CHECK(refused(import(database, {row(0, "5"), row(0, "6")})) ==
          "1: this minute and venue came with another price before");
    CHECK(ask(*database, "select count(*) from prices") == "0");
    CHECK(import(database, {row(0, "5"), row(0, "5")}).added == 1);
    std::vector<PriceRow> many;
    for (int i = 0; i < 100; ++i) many.push_back(row(0, "7"));
    CHECK(import(database, many).refused.size() == refused_prices_max);
}

TEST_CASE(
    "an instant has the price of its minute, by order of venues, else the newest earlier one with a flag") {
    FreshDatabase database;
    REQUIRE(import(database, {row(0, "69000"), row(0, "69001", "coinbase"), row(3, "69003", "coinbase"),
                              row(10, "69010", "bitstamp")})
                .added == 4);
    CHECK(at(database, -1) == "none");
    CHECK(at(database, 0) == "69001 coinbase");
    CHECK(at(database, 0, {"kraken", "coinbase"}) == "69000 kraken");
    CHECK(at(database, 0, {"coinbase", "kraken"}) == "69001 coinbase");
    CHECK(at(database, 3, {"kraken", "coinbase"}) == "69003 coinbase");
    CHECK(at(database, 4, {"kraken", "coinbase"}) == "69003 coinbase fallback");
    CHECK(at(database, 4, {"kraken"}) == "69000 kraken fallback");
    CHECK(at(database, 4, {"kraken"}, 3) == "none");
    CHECK(at(database, 9, {"bitstamp"}) == "none");
    CHECK(at(database, 70) == "69010 bitstamp fallback");
    CHECK(at(database, 71) == "none");
    CHECK(price_at(*database, {"ETC", "USD", noon_us, {}}).value() == std::nullopt);
    const auto listed = list_prices(*database, {"BTC", "", "coinbase", 0, 0, 10}).value();
    REQUIRE(listed.size() == 2);
    CHECK(text_of(listed[0].found.price) == "69003");
    CHECK(list_prices(*database, {"", "", "", noon_us, noon_us + minute_us, 10}).value().size() == 2);
}

TEST_CASE("a closed month takes no more prices, from nobody, and knows those it has") {
    FreshDatabase database;
    REQUIRE(import(database, {row(0, "69000")}).added == 1);
    close_november(database);
    CHECK(import(database, {row(0, "69000")}).unchanged == 1);
    CHECK(refused(import(database, {row(0, "69000"), row(1, "69001")})) ==
          "1: 2025-11 is closed: it takes no more prices");
    auto october = row(0, "1");
    october.minute_us -= 31LL * 86'400'000'000;
    CHECK(refused(import(database, {october})) == "0: 2025-10 is closed: it takes no more prices");
    auto december = row(0, "1");
    december.minute_us += 31LL * 86'400'000'000;
    CHECK(import(database, {december}).added == 1);
    const std::string insert =
        "insert into prices (asset, quote, minute_us, venue, value, scale, source, raw_hash) "
        "values ('BTC', 'USD', " +
        std::to_string(noon_us + minute_us) + ", 'kraken', 1, 0, 'by hand', sha256('x'))";
    CHECK(refusal_of(database, insert).find("2025-11 is closed") != std::string::npos);
    CHECK(refusal_of(database, "update prices set value = 1").find("append-only") != std::string::npos);
    CHECK(refusal_of(database, "delete from prices").find("append-only") != std::string::npos);
    CHECK(refusal_of(database, "truncate prices").find("append-only") != std::string::npos);
}

TEST_CASE("two imports at once store a minute once and both know it") {
    FreshDatabase database;
    std::vector<PriceRow> rows;
    for (int i = 0; i < 500; ++i) rows.push_back(row(i, std::to_string(60'000 + i)));
    std::size_t added = 0;
    std::thread other([&] { added = import(database, rows).added; });
    const auto here = import(database, rows).added;
    other.join();
    CHECK(added + here == 500);
    CHECK(ask(*database, "select count(*) from prices") == "500");
}

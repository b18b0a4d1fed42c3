// The duty that fetches prices, against a venue that lies: what is stored, what is refused, when it raises an
// alarm.

#include "server/prices/price_source.h"

#include "fleet/ledger/price_file.h"
#include "server/store/prices.h"
#include "tests/catch.h"
#include "tests/integration/store/fresh_database.h"
#include "tests/simulators/price_stub.h"

using namespace server::prices;
using integration::ask;
using integration::FreshDatabase;
using simulators::PriceStub;
using Manner = simulators::PriceStub::Manner;
using std::chrono::minutes;

namespace {

using Time = std::chrono::system_clock::time_point;
const Time noon{std::chrono::microseconds(fleet::ledger::parse_utc("2026-11-25T12:00:20Z").value())};

struct Venue {
    PriceOptions options() const {
        PriceOptions out;
        out.enabled = true;
        out.url = "http://127.0.0.1:" + std::to_string(stub.port()) + "/{asset}-{quote}?key=secret";
        out.pointer = "/price";
        out.venue = "kraken";
        return out;
    }
    // "69123.45@0", newest first: prices and how many minutes after noon they stand.
    std::string stored() {
        return ask(
            *database,
            "select coalesce(string_agg(round(value / 10::numeric ^ scale, 2) || '@' || "
            "(minute_us - 1795608000000000) / 60000000, ', ' order by minute_us desc), '') from prices");
    }
    double metric(const std::string& name) {
        for (const auto& family : registry.Collect())
            if (family.name == name) return family.metric.at(0).gauge.value;
        return -1;
    }

    FreshDatabase database;
    PriceStub stub;
    prometheus::Registry registry;
};

}  // namespace

TEST_CASE("a price is asked for once a minute and stored with its source and the hash of the answer") {
    Venue venue;
    PriceSource source(*venue.database, venue.options(), venue.registry);
    venue.stub.set(Manner::answer, R"({"price":"69123.45"})");
    CHECK(source.step(noon) == "");
    CHECK(source.step(noon + std::chrono::seconds(30)) == "");
    CHECK(venue.stub.questions() == 1);
    venue.stub.set(Manner::answer, R"({"price":69200})");
    CHECK(source.step(noon + minutes(1)) == "");
    CHECK(venue.stored() == "69200.00@1, 69123.45@0");
    CHECK(ask(*venue.database,
              "select source || ' ' || (raw_hash = sha256('{\"price\":\"69123.45\"}'))::text from "
              "prices order by minute_us limit 1") ==
          "http://127.0.0.1:" + std::to_string(venue.stub.port()) + "/BTC-USD true");
    CHECK(venue.metric("hashyard_price_timestamp_seconds") == 1'795'608'060);
    CHECK(venue.metric("hashyard_price_stale") == 0);
}

TEST_CASE("a program started again within the minute keeps the first price") {
    Venue venue;
    venue.stub.set(Manner::answer, R"({"price":"69123.45"})");
    CHECK(PriceSource(*venue.database, venue.options(), venue.registry).step(noon) == "");
    venue.stub.set(Manner::answer, R"({"price":"69124"})");
    prometheus::Registry other;
    CHECK(PriceSource(*venue.database, venue.options(), other).step(noon) == "");
    CHECK(venue.stored() == "69123.45@0");
    CHECK(venue.stub.questions() == 1);
}

TEST_CASE("lies are not stored: no JSON, no number, nothing at the pointer, a jump") {
    Venue venue;
    PriceSource source(*venue.database, venue.options(), venue.registry);
    venue.stub.set(Manner::answer, R"({"price":"60000"})");
    REQUIRE(source.step(noon) == "");
    const std::string lies[] = {
        "garbage",
        R"({"price":NaN})",
        R"({"price":"NaN"})",
        R"({"price":-60000})",
        R"({"price":0})",
        R"({"price":1e99})",
        R"({"price":"60000)",
        R"({"last":60000})",
        R"({"price":1})",
        R"({"price":90000.01})",
        R"({"price":29999.99})",
        "{\"price\":" + std::string(40, '9') + "}",
        R"({"price":[]})",
        "",
        std::string(2'000'000, '1'),
        R"({"price":"60000"}{"price":"60000"})",
    };
    for (const auto& lie : lies) {
        INFO(lie.substr(0, 60));
        venue.stub.set(Manner::answer, lie);
        const auto problem = source.step(noon + minutes(1));
        CHECK(problem != "");
        CHECK(problem.find("secret") == std::string::npos);
    }
    for (const auto manner : {Manner::cut_body, Manner::hang_up}) {
        venue.stub.set(manner, R"({"price":"60000"})");
        CHECK(source.step(noon + minutes(1)) != "");
    }
    venue.stub.set(Manner::answer, R"({"price":"60000"})", "301 Moved Permanently",
                   "Location: http://127.0.0.1/\r\n");
    CHECK(source.step(noon + minutes(1)).find("redirects are not followed") != std::string::npos);
    CHECK(venue.stored() == "60000.00@0");
    venue.stub.set(Manner::answer, R"({"price":90000})");
    CHECK(source.step(noon + minutes(2)) == "");
    CHECK(venue.stored() == "90000.00@2, 60000.00@0");
}

TEST_CASE("after an hour without a price a jump is believed again") {
    Venue venue;
    PriceSource source(*venue.database, venue.options(), venue.registry);
    venue.stub.set(Manner::answer, R"({"price":"60000"})");
    REQUIRE(source.step(noon) == "");
    venue.stub.set(Manner::answer, R"({"price":"20000"})");
    CHECK(source.step(noon + minutes(60)).find("the price jumps from 60000 to 20000") == 0);
    CHECK(source.step(noon + minutes(61)) == "");
}

TEST_CASE("without a price for too long the metric says so, until one comes") {
    Venue venue;
    PriceSource source(*venue.database, venue.options(), venue.registry);
    venue.stub.set(Manner::hang_up, "");
    CHECK(source.step(noon) != "");
    CHECK(venue.metric("hashyard_price_stale") == 0);
    CHECK(source.step(noon + minutes(10)) != "");
    CHECK(venue.metric("hashyard_price_stale") == 0);
    CHECK(source.step(noon + minutes(11)) != "");
    CHECK(venue.metric("hashyard_price_stale") == 1);
    venue.stub.set(Manner::answer, R"({"price":"60000"})");
    CHECK(source.step(noon + minutes(12)) == "");
    CHECK(venue.metric("hashyard_price_stale") == 0);
    // A program that starts anew counts from what is stored.
    prometheus::Registry other;
    venue.stub.set(Manner::hang_up, "");
    PriceSource again(*venue.database, venue.options(), other);
    CHECK(again.step(noon + minutes(23)) != "");
    CHECK(other.Collect().size() == 2);
    for (const auto& family : other.Collect())
        if (family.name == "hashyard_price_stale") CHECK(family.metric.at(0).gauge.value == 1);
}

TEST_CASE("a venue that dawdles costs the timeout and no more, and an unknown asset is told") {
    Venue venue;
    auto options = venue.options();
    options.timeout = std::chrono::milliseconds(150);
    PriceSource source(*venue.database, options, venue.registry);
    venue.stub.set(Manner::silent, "");
    CHECK(source.step(noon).find("no answer in time") != std::string::npos);
    venue.stub.set(Manner::answer, R"({"price":"60000"})");
    prometheus::Registry other;
    options = venue.options();
    options.asset = "GOLD";
    CHECK(PriceSource(*venue.database, options, other).step(noon) == "the ledger has no asset GOLD");
    options.url = "gopher://x";
    prometheus::Registry third;
    CHECK(PriceSource(*venue.database, options, third).step(noon).find("prices.url") == 0);
}

// Holders, bills and splits against a real PostgreSQL: what is wrong is refused with a reason, by the
// database too.

#include "server/store/splits.h"
#include "server/store/transaction.h"
#include "tests/integration/books/farm_world.h"

using namespace integration;
using namespace server::store;
using fleet::ledger::HolderChange;

namespace {

std::string set(FarmWorld& world, const HolderChange& change, HolderMode mode) {
    return set_holder(*world.database, change, mode, "eva").value().refused;
}

std::string holders_on(FarmWorld& world, const std::string& day_text) {
    std::string text;
    for (const auto& holding : holders_at(*world.database, day(day_text)).value())
        text += holding.holder + "=" + holding.units.str() + " ";
    return text;
}

SnapshotTaken snapshot(FarmWorld& world, const std::string& day_text) {
    return take_snapshot(*world.database, day(day_text), "eva", world.now_us).value();
}

}  // namespace

TEST_CASE("holders are added once, change from a day on, and leave with zero") {
    FarmWorld world;
    CHECK(set(world, {"anna", 5, day("2026-10-01")}, HolderMode::set).find("hashyard holder add") !=
          std::string::npos);
    CHECK(set(world, {"anna", 5, day("2026-10-01")}, HolderMode::add) == "");
    CHECK(set(world, {"anna", 6, day("2026-10-01")}, HolderMode::add).find("hashyard holder set") !=
          std::string::npos);
    CHECK(set(world, {"anna", 7, day("2026-10-10")}, HolderMode::set) == "");
    CHECK(set(world, {"anna", 0, day("2026-11-01")}, HolderMode::set) == "");
    CHECK(set(world, {"bo", 1, day("2026-10-10")}, HolderMode::add) == "");
    CHECK(holders_on(world, "2026-09-30") == "");
    CHECK(holders_on(world, "2026-10-01") == "anna=5 ");
    CHECK(holders_on(world, "2026-10-10") == "anna=7 bo=1 ");
    CHECK(holders_on(world, "2026-11-01") == "bo=1 ");
    // A second click says the same and changes nothing.
    CHECK(set_holder(*world.database, {"anna", 7, day("2026-10-10")}, HolderMode::set, "eva")
              .value()
              .unchanged == 1);
    // A later row for the same instant counts: a typing mistake is mended before it is on record.
    CHECK(set(world, {"anna", 8, day("2026-10-10")}, HolderMode::set) == "");
    CHECK(holders_on(world, "2026-10-10") == "anna=8 bo=1 ");
}

TEST_CASE("an import is all or nothing and may come twice") {
    FarmWorld world;
    const std::vector<HolderChange> file{{"a", 1, day("2026-10-01")}, {"b", 2, day("2026-10-01")}};
    CHECK(import_holders(*world.database, file, "eva").value().changed == 2);
    const auto again = import_holders(*world.database, file, "eva").value();
    CHECK(again.changed == 0);
    CHECK(again.unchanged == 2);
    const std::vector<HolderChange> torn{
        {"c", 1, day("2026-10-01")}, {"a", 3, day("2026-10-02")}, {"a", 4, day("2026-10-02")}};
    CHECK(import_holders(*world.database, torn, "eva").value().refused.find("holder:a comes twice") == 0);
    CHECK(holders_on(world, "2026-10-02") == "a=1 b=2 ");
}

TEST_CASE("a snapshot is fixed: nothing reaches behind it, and its lines add up") {
    FarmWorld world;
    world.hold({{"a", 10}, {"b", 5}, {"gone", 0}});
    CHECK(snapshot(world, "2027-01-01").refused.find("not come yet") != std::string::npos);
    const auto taken = snapshot(world, "2026-11-01");
    CHECK(taken.snapshot.holders == 2);
    CHECK(taken.snapshot.units == 15);
    CHECK(snapshot(world, "2026-11-01").snapshot.id == taken.snapshot.id);
    CHECK(set(world, {"a", 99, day("2026-11-01")}, HolderMode::set).find("on record until 2026-11-01") !=
          std::string::npos);
    CHECK(set(world, {"a", 99, day("2026-11-01") + 1}, HolderMode::set) == "");
    CHECK(snapshots(*world.database).value().size() == 1);
    CHECK(world
              .refusal_of("insert into holder_snapshot_lines select 1, id, 1 from parties where key = "
                          "'holder:gone'")
              .find("add up") != std::string::npos);
    CHECK(world.refusal_of("update holder_units set units = 1").find("append-only") != std::string::npos);
    CHECK(world.refusal_of("delete from holder_snapshot_lines").find("append-only") != std::string::npos);
    CHECK(world
              .refusal_of("insert into holder_units (party, units, valid_from_us, set_by) select id, 1, 0, "
                          "'x' from parties where key = 'holder:a'")
              .find("on record until") != std::string::npos);
}

TEST_CASE("a bill is an expense owed to its supplier, once for each number") {
    FarmWorld world;
    auto power = world.bill("17", CostKind::electricity, "USD", 1'050, "2026-10-31");
    power.energy_wh = 150'000;
    power.tariff_micro = 70'000;
    power.site = "north";
    CHECK(world.enter({power, world.bill("18", CostKind::operating, "BTC", 5, "2026-10-01")}) == "");
    CHECK(world.balances("USD") == "payable supplier:grid 1050, power -1050");
    CHECK(world.balances() == "operating -5, payable supplier:grid 5");
    CHECK(ask(*world.database, "select detail from accounts where purpose = 'power'") == "north");
    CHECK(add_bills(*world.database, {power}, "eva", world.now_us).value().unchanged == 1);
    auto other = power;
    other.amount = 1'051;
    other.tax = 1;
    CHECK(world.enter({other}).find("stands in the books with another content (bill 1)") !=
          std::string::npos);
    CHECK(world.enter({world.bill("20", CostKind::operating, "USD", 1, "2026-10-01"),
                       world.bill("20", CostKind::operating, "USD", 1, "2026-10-01")}) ==
          "this invoice comes twice");
    CHECK(ask(*world.database, "select count(*) from bills") == "2");
    CHECK(world.findings() == "");
}

TEST_CASE("bills that cannot be are refused, and with one of them all of the file") {
    FarmWorld world;
    const auto fine = world.bill("1", CostKind::operating, "USD", 1, "2026-10-01");
    const auto refused = [&](auto change) {
        auto bill = world.bill("2", CostKind::electricity, "USD", 1'050, "2026-10-31");
        change(bill);
        return world.enter({fine, bill});
    };
    CHECK(refused([](Bill& bill) { bill.currency = "XYZ"; }).find("no asset XYZ") != std::string::npos);
    CHECK(refused([](Bill& bill) { bill.asset = "EUR"; }).find("no coin") != std::string::npos);
    CHECK(refused([](Bill& bill) { bill.currency = "ETC"; }).find("borne by ETC") != std::string::npos);
    CHECK(refused([](Bill& bill) {
              bill.energy_wh = 150'000;
              bill.tariff_micro = 80'000;
          }) == "energy times tariff is 1200 before tax, the bill says 1050");
    CHECK(ask(*world.database, "select count(*) from bills") == "0");
    CHECK(world.balances("USD") == "");
    // The database holds whoever writes.
    const std::string insert =
        "insert into bills (supplier, invoice, kind, asset, currency, amount, energy_wh, tariff_micro, "
        "invoice_day, accrual_day, entered_by) select id, 'x', 'electricity', ";
    REQUIRE(world.enter({fine}) == "");
    CHECK(world
              .refusal_of(insert + "'BTC', 'USD', 1050, 150000, 80000, '2026-10-31', '2026-10-31', 'x' from "
                                   "parties where key = 'supplier:grid'")
              .find("breaks a rule of bills") != std::string::npos);
    CHECK(world
              .refusal_of(insert + "'BTC', 'ETC', 1, 0, 0, '2026-10-31', '2026-10-31', 'x' from parties "
                                   "where key = 'supplier:grid'")
              .find("breaks a rule of bills") != std::string::npos);
    CHECK(world.refusal_of("update bills set amount = 2").find("reverse it") != std::string::npos);
    CHECK(world.refusal_of("delete from bills").find("reverse it") != std::string::npos);
}

TEST_CASE("a reversed bill leaves no trace in the balances and frees its number") {
    FarmWorld world;
    REQUIRE(world.enter({world.bill("1", CostKind::operating, "USD", 7, "2026-10-01")}) == "");
    const auto reverse = [&](std::int64_t id) {
        return reverse_bill(*world.database, id, "ivo", "typed wrong", world.now_us).value();
    };
    CHECK(reverse(99).find("no bill 99") != std::string::npos);
    CHECK(reverse(1) == "");
    CHECK(reverse(1).find("already") != std::string::npos);
    CHECK(world.balances("USD") == "");
    CHECK(world.enter({world.bill("1", CostKind::operating, "USD", 8, "2026-10-01")}) == "");
    CHECK(world.balances("USD") == "operating -8, payable supplier:grid 8");
    CHECK(bills(*world.database, {"2026-10", "grid"}).value().size() == 2);
    CHECK(bills(*world.database, {"2026-11", ""}).value().empty());
    CHECK(world.refusal_of("update bills set active = true, reversed_by = null, reversed_why = null, "
                           "reversed_at = null where id = 1") != "");
    CHECK(world.findings() == "");
}

TEST_CASE("a bill of a closed month is booked in the oldest open one") {
    FarmWorld world;
    REQUIRE(world.enter({world.bill("1", CostKind::operating, "USD", 7, "2026-10-01")}) == "");
    REQUIRE(world.findings() == "");
    REQUIRE(close_period(*world.database, "2026-10", "eva", world.now_us).value().refused == "");
    REQUIRE(world.enter({world.bill("2", CostKind::operating, "USD", 9, "2026-10-15")}) == "");
    CHECK(ask(*world.database, "select period from transfers where amount = 9") == "2026-11");
    CHECK(world.findings() == "");
}

TEST_CASE("splits start with the founding paper's and add up") {
    FarmWorld world;
    const auto all = splits(*world.database).value();
    REQUIRE(all.size() == 1);
    CHECK(all[0].split.rule == fleet::ledger::SplitRule{});
    CHECK(set_split(*world.database, {{"2026-11", {1, 2, 3}}, "eva"}).value().find("10,000") !=
          std::string::npos);
    CHECK(set_split(*world.database, {{"2026-11", {2'000, 6'000, 2'000}}, "eva"}).value() == "");
    CHECK(splits(*world.database).value().size() == 2);
    CHECK(world.refusal_of("insert into split_rules (from_month, holders_basis_points, "
                           "reinvest_basis_points, foundation_basis_points, set_by) values ('2026-11', 1, 2, "
                           "3, 'x')") != "");
    CHECK(world.refusal_of("update split_rules set set_by = 'x'").find("append-only") != std::string::npos);
}

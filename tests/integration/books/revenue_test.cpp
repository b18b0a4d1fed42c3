// Revenue of other business lines in a real PostgreSQL.

#include "tests/integration/books/revenue_world.h"

using namespace integration;
using server::store::set_business_line;

TEST_CASE("revenue is booked once for its reference, into the bank or as owed") {
    RevenueWorld world;
    auto hosting = world.revenue("inv-1", "hosting", 432'101);
    CHECK(world.add(hosting) == "booked");
    CHECK(world.add(hosting) == "there");
    auto sale = world.revenue("inv-2", "machine_sales_repair", 500);
    sale.bank = "";
    sale.party = "owner:northfarm";
    CHECK(world.add(sale) == "booked");
    CHECK(world.balances() ==
          "bank main -432101, receivable owner:northfarm -500, revenue hosting 432101, revenue "
          "machine_sales_repair 500");
    hosting.amount += 1;
    CHECK(world.add(hosting) == "reference inv-1 stands with another content");
    hosting.amount -= 1;
    hosting.line = "trading";
    CHECK(world.add(hosting) == "reference inv-1 stands with another content");
    CHECK(world.findings() == "");
}

TEST_CASE("what names no line, no asset or no amount is refused and leaves nothing") {
    RevenueWorld world;
    auto wrong = world.revenue("inv-1", "hosting", 5);
    wrong.line = "lottery";
    CHECK(world.add(wrong) == "there is no line lottery: hashyard revenue lines");
    wrong = world.revenue("inv-1", "hosting", 5);
    wrong.asset = "GOLD";
    CHECK(world.add(wrong) == "the ledger has no asset GOLD");
    wrong = world.revenue("inv-1", "hosting", 0);
    CHECK(world.add(wrong) != "booked");
    wrong = world.revenue("inv 1", "hosting", 5);
    CHECK(world.add(wrong) != "booked");
    wrong = world.revenue("inv-1", "hosting", 5);
    wrong.bank = "";
    wrong.party = "somebody";
    CHECK(world.add(wrong) != "booked");
    CHECK(ask(*world.database, "select count(*) from revenues") == "0");
    CHECK(ask(*world.database, "select count(*) from transfers") == "0");
}

TEST_CASE("a reversal books the mirror once and keeps both") {
    RevenueWorld world;
    REQUIRE(world.add(world.revenue("inv-1", "hosting", 5)) == "booked");
    CHECK(world.take_back("inv-2") == "no revenue is booked under inv-2");
    CHECK(world.take_back("inv-1") == "reversed");
    CHECK(world.take_back("inv-1") == "there");
    CHECK(world.balances() == "");
    CHECK(ask(*world.database, "select count(*) from transfers") == "2");
    const auto listed = server::store::list_revenue(*world.database, {}).value();
    REQUIRE(listed.size() == 1);
    CHECK(listed[0].reversed_by == "eva");
    CHECK(world.findings() == "");
}

TEST_CASE("a line's terms hold from their day on, and a new line can be added") {
    RevenueWorld world;
    CHECK(server::store::business_lines(*world.database, world.now_us).value().size() == 6);
    CHECK(set_business_line(*world.database, {"hosting", "", "closed", utc("2026-09-01T00:00Z"), "eva"})
              .value() == "");
    CHECK(world.add(world.revenue("inv-1", "hosting", 5, "2026-08-31T23:59Z")) == "booked");
    CHECK(world.add(world.revenue("inv-2", "hosting", 5, "2026-09-01T00:00Z")) ==
          "the line hosting is closed at that time");
    CHECK(set_business_line(*world.database, {"hosting", "", "buyback", utc("2026-09-01T00:00Z"), "eva"})
              .value() != "");
    CHECK(set_business_line(*world.database, {"heat", "", "apart", 0, "eva"}).value().find("--title") !=
          std::string::npos);
    CHECK(world.add(world.revenue("inv-3", "heat", 5)) == "there is no line heat: hashyard revenue lines");
    CHECK(set_business_line(*world.database, {"heat", "Heat sold", "apart", 0, "eva"}).value() == "");
    CHECK(world.add(world.revenue("inv-3", "heat", 5)) == "booked");
}

TEST_CASE("the database itself refuses revenue of a closed line and any change") {
    RevenueWorld world;
    REQUIRE(world.add(world.revenue("inv-1", "hosting", 5)) == "booked");
    REQUIRE(set_business_line(*world.database, {"trading", "", "closed", 1, "eva"}).value() == "");
    CHECK(world
              .refusal_of(
                  "insert into revenues (reference, line, asset, amount, event_at_us, booked_by) values "
                  "('x', 'trading', 'USD', 1, 5, 'mallory')")
              .find("takes no revenue") != std::string::npos);
    for (const auto* table : {"revenues", "business_lines", "business_line_terms", "buyback_rules"})
        CHECK(world.refusal_of(std::string("delete from ") + table).find("append-only") != std::string::npos);
    CHECK(world.refusal_of("update revenues set amount = 6").find("append-only") != std::string::npos);
}

TEST_CASE("revenue that does not stand as it says is found and freezes payouts") {
    const std::string cases[] = {
        "update revenues set amount = amount + 1",
        "update revenues set line = 'trading'",
        "update revenues set bank = 'other'",
        "insert into revenue_reversals (reference, why, reversed_by) values ('inv-1', 'x', 'mallory')",
        "delete from revenues",
    };
    for (const auto& sql : cases) {
        INFO(sql);
        RevenueWorld world;
        REQUIRE(world.add(world.revenue("inv-1", "hosting", 5)) == "booked");
        REQUIRE(world.findings() == "");
        world.damage(sql);
        CHECK(world.findings().find("buybacks: ") == 0);
        CHECK(server::store::active_freezes(*world.database).value().size() == 1);
    }
}

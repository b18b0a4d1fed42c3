#include "server/store/migrator.h"

#include <vector>

#include "tests/catch.h"
#include "tests/integration/store/fresh_database.h"

using namespace server::store;
using integration::ask;
using integration::FreshDatabase;

TEST_CASE("the embedded migrations apply to an empty database, once") {
    FreshDatabase database(FreshDatabase::Schema::empty);
    const auto first = migrate(*database).value();
    CHECK(first.refused.empty());
    CHECK(first.applied.size() == embedded_migrations().size());
    const auto second = migrate(*database).value();
    CHECK(second.refused.empty());
    CHECK(second.applied.empty());
    CHECK(ask(*database, "select count(*) from migrations") == std::to_string(embedded_migrations().size()));
}

TEST_CASE("a migration that was edited after it was applied is refused") {
    FreshDatabase database(FreshDatabase::Schema::empty);
    const std::vector<Migration> original{{1, "0001_a.sql", "create table a (n int)"}};
    const std::vector<Migration> edited{{1, "0001_a.sql", "create table a (n bigint)"},
                                        {2, "0002_b.sql", "create table b (n int)"}};
    REQUIRE(migrate(*database, original).value().refused.empty());
    const auto outcome = migrate(*database, edited).value();
    CHECK_THAT(outcome.refused, Catch::Matchers::ContainsSubstring("0001_a.sql") &&
                                    Catch::Matchers::ContainsSubstring("never edited"));
    CHECK(outcome.applied.empty());
    CHECK(ask(*database, "select to_regclass('b') is null") == "t");
}

TEST_CASE("a database newer than the binary is refused") {
    FreshDatabase database(FreshDatabase::Schema::empty);
    const std::vector<Migration> two{{1, "0001_a.sql", "select 1"}, {2, "0002_b.sql", "select 2"}};
    const std::vector<Migration> one{{1, "0001_a.sql", "select 1"}};
    REQUIRE(migrate(*database, two).value().refused.empty());
    CHECK_THAT(migrate(*database, one).value().refused, Catch::Matchers::ContainsSubstring("0002_b.sql"));
}

TEST_CASE("a migration that fails half-way leaves nothing of itself") {
    FreshDatabase database(FreshDatabase::Schema::empty);
    const std::vector<Migration> broken{{1, "0001_a.sql", "create table a (n int)"},
                                        {2, "0002_b.sql", "create table b (n int); select 1 / 0"}};
    CHECK_THROWS(migrate(*database, broken));
    CHECK(ask(*database, "select to_regclass('a') is not null and to_regclass('b') is null") == "t");
    CHECK(ask(*database, "select max(number) from migrations") == "1");
}

TEST_CASE("history cannot be changed") {
    FreshDatabase database;
    for (const auto* table :
         {"payout_rules", "slices", "slice_users", "block_events", "payout_runs", "payout_lines"})
        CHECK_THROWS_WITH(ask(*database, std::string("delete from ") + table + " returning 1"),
                          Catch::Matchers::ContainsSubstring("append-only"));
}

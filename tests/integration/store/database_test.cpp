#include "server/store/database.h"

#include "server/store/transaction.h"
#include "tests/catch.h"
#include "tests/integration/store/fresh_database.h"

using namespace server::store;
using integration::ask;
using integration::FreshDatabase;
using integration::TemporaryFolder;

TEST_CASE("a database that is not there is unavailable, not an exception") {
    Database nowhere("host=/nonexistent user=nobody");
    const auto version = nowhere.server_version();
    REQUIRE(!version);
    CHECK(!version.error().reason.empty());
    CHECK(!nowhere.available());
}

TEST_CASE("a broken rule of the schema is an exception, not an outage") {
    FreshDatabase database;
    CHECK_THROWS(transact(*database, [](pqxx::work& transaction) {
        transaction.exec("insert into users (kind, name) values ('alien', 'x')");
    }));
    CHECK(database->server_version().value() >= 150000);
    CHECK(database->available());
}

TEST_CASE("a transaction that throws leaves nothing") {
    FreshDatabase database;
    CHECK_THROWS_AS(transact(*database,
                             [](pqxx::work& transaction) {
                                 transaction.exec("insert into pool_nodes (name) values ('a')");
                                 throw std::logic_error("half-way");
                             }),
                    std::logic_error);
    CHECK(ask(*database, "select count(*) from pool_nodes") == "0");
}

TEST_CASE("a connection cut by the server is unavailable once, then works again") {
    FreshDatabase database;
    REQUIRE(database->server_version());
    const auto cut = transact(*database, [](pqxx::work& transaction) {
        transaction.exec("select pg_terminate_backend(pg_backend_pid())");
    });
    CHECK(!cut);
    CHECK(database->server_version());
}

#include "server/store/database.h"

#include <signal.h>

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

TEST_CASE("a statement or a lock that takes too long is given up, and the connection is good for the next") {
    using std::chrono::milliseconds;
    FreshDatabase fresh;
    Database database(fresh.url(), 2, {milliseconds(100), milliseconds(100), {}, {}});
    REQUIRE(database.server_version());
    const auto slow = transact(database, [](pqxx::work& transaction) {
        transaction.exec("select pg_sleep(60)");
    });
    REQUIRE(!slow);
    CHECK(slow.error().too_slow);
    CHECK(slow.error().reason.find("statement timeout") != std::string::npos);
    CHECK(database.available());  // it answers

    Database patient(fresh.url(), 2, {milliseconds(0), milliseconds(100), milliseconds(0), milliseconds(0)});
    const auto locked = transact(*fresh, [&](pqxx::work& holder) {
        holder.exec("lock table pool_nodes");
        return !transact(patient, [](pqxx::work& waiter) {
                    waiter.exec("insert into pool_nodes (name) values ('waits')");
                }).has_value();
    });
    CHECK(locked.value());
    CHECK(ask(patient, "select count(*) from pool_nodes") == "0");
}

TEST_CASE("a transaction that says nothing for too long is ended by the server, and nothing of it stands") {
    using std::chrono::milliseconds;
    FreshDatabase fresh;
    Database database(fresh.url(), 2, {milliseconds(0), milliseconds(0), milliseconds(50), milliseconds(0)});
    const auto idle = transact(database, [&](pqxx::work& transaction) {
        transaction.exec("insert into pool_nodes (name) values ('idle')");
        const auto me = transaction.exec1("select pg_backend_pid()")[0].as<std::string>();
        while (ask(*fresh, "select count(*) from pg_stat_activity where pid = " + me) != "0") {
        }
    });
    CHECK(!idle);
    CHECK(ask(*fresh, "select count(*) from pool_nodes") == "0");
    CHECK(database.server_version());
}

TEST_CASE("a server that hangs holds a thread no longer than the limit, and later works again") {
    using std::chrono::milliseconds;
    FreshDatabase fresh;
    Database database(fresh.url(), 1, {milliseconds(0), milliseconds(0), milliseconds(0), milliseconds(200)});
    const auto backend = std::stoi(ask(database, "select pg_backend_pid()"));
    for (const bool hurried : {false, true}) {
        Database hanging(fresh.url(), 1, {{}, {}, {}, milliseconds(hurried ? 0 : 200)});
        const auto frozen = std::stoi(ask(hanging, "select pg_backend_pid()"));
        REQUIRE(kill(frozen, SIGSTOP) == 0);
        if (hurried) hanging.hurry(milliseconds(200));
        const auto begun = std::chrono::steady_clock::now();
        const auto version = hanging.server_version();
        kill(frozen, SIGCONT);
        REQUIRE(!version);
        CHECK(version.error().reason.find("hangs") != std::string::npos);
        CHECK(!hanging.available());
        CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(30));
        CHECK(hanging.server_version());
        CHECK(std::stoi(ask(hanging, "select pg_backend_pid()")) != frozen);
    }
    CHECK(std::stoi(ask(database, "select pg_backend_pid()")) == backend);  // one kept for the next
}

TEST_CASE("an idle connection that the server closed is not used again") {
    FreshDatabase fresh;
    Database database(fresh.url());
    const auto backend = ask(database, "select pg_backend_pid()");
    CHECK(ask(*fresh, "select pg_terminate_backend(" + backend + ", 10000)") == "t");
    CHECK(database.server_version());
}

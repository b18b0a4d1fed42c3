#include "server/store/embedded_cluster.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "server/store/embedded_process.h"
#include "server/store/migrator.h"
#include "server/store/transaction.h"
#include "tests/catch.h"
#include "tests/integration/store/fresh_database.h"

using namespace server::store;
using integration::ask;
using integration::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

// As a process killed with SIGKILL leaves it: the server runs on, its parent is gone.
pid_t leave_cluster_behind(const fs::path& data_dir) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const pid_t child = fork();
    if (child == 0) {
        pid_t server = 0;
        auto cluster = EmbeddedCluster::start({.data_dir = data_dir, .user = {}});
        if (cluster) {
            server = (*cluster)->process();
            Database database((*cluster)->url());
            static_cast<void>(
                transact(database, [](pqxx::work& t) { t.exec("create table kept as select 7 as n"); }));
        }
        static_cast<void>(!write(ends[1], &server, sizeof server));
        kill(getpid(), SIGKILL);
    }
    pid_t server = 0;
    REQUIRE(read(ends[0], &server, sizeof server) == sizeof server);
    waitpid(child, nullptr, 0);
    close(ends[0]);
    close(ends[1]);
    REQUIRE(server > 0);
    return server;
}

}  // namespace

TEST_CASE("a new cluster starts, answers, stops cleanly and keeps its rows") {
    TemporaryFolder folder;
    {
        auto cluster = EmbeddedCluster::start({.data_dir = folder.path(), .user = {}}).value();
        Database database(cluster->url());
        REQUIRE(migrate(database).value().refused.empty());
        REQUIRE(transact(database,
                         [](pqxx::work& t) { t.exec("insert into pool_nodes (name) values ('here')"); }));
        struct stat facts {};
        REQUIRE(stat((folder.path() / "postgresql").c_str(), &facts) == 0);
        if (geteuid() == 0) CHECK(facts.st_uid != 0);
        CHECK(!cluster->adopted());
    }
    CHECK(!fs::exists(folder.path() / "postgresql/data/postmaster.pid"));
    auto cluster = EmbeddedCluster::start({.data_dir = folder.path(), .user = {}}).value();
    Database database(cluster->url());
    CHECK(ask(database, "select name from pool_nodes") == "here");
}

TEST_CASE("a server left running by a killed process is adopted, then stopped by its new owner") {
    TemporaryFolder folder;
    const pid_t server = leave_cluster_behind(folder.path());
    REQUIRE(works_in(server, folder.path() / "postgresql/data"));
    auto cluster = EmbeddedCluster::start({.data_dir = folder.path(), .user = {}}).value();
    CHECK(cluster->adopted());
    CHECK(cluster->process() == server);
    Database database(cluster->url());
    CHECK(ask(database, "select n from kept") == "7");
    cluster->stop();
    CHECK(is_gone(server));
}

TEST_CASE("a server killed with its owner is started again and recovers") {
    TemporaryFolder folder;
    const pid_t server = leave_cluster_behind(folder.path());
    REQUIRE(kill(server, SIGKILL) == 0);
    auto cluster = EmbeddedCluster::start({.data_dir = folder.path(), .user = {}}).value();
    CHECK(!cluster->adopted());
    Database database(cluster->url());
    CHECK(ask(database, "select n from kept") == "7");
}

TEST_CASE("a lock file whose number is another program's by now does not stop the start") {
    TemporaryFolder folder;
    EmbeddedCluster::start({.data_dir = folder.path(), .user = {}}).value()->stop();
    std::ofstream(folder.path() / "postgresql/data/postmaster.pid") << getpid() << "\n";
    CHECK(EmbeddedCluster::start({.data_dir = folder.path(), .user = {}}));
}

TEST_CASE("a server that dies is noticed and started again; the database comes back by itself") {
    TemporaryFolder folder;
    auto cluster = EmbeddedCluster::start({.data_dir = folder.path(), .user = {}}).value();
    Database database(cluster->url());
    REQUIRE(database.server_version());
    CHECK(!cluster->ended());
    kill(cluster->process(), SIGKILL);
    REQUIRE(wait_until_gone(cluster->process(), std::chrono::seconds(10)));
    CHECK(cluster->ended());
    CHECK(!database.server_version());
    REQUIRE(cluster->restart());
    CHECK(database.server_version());
}

TEST_CASE("a first start that was interrupted in initdb begins again") {
    TemporaryFolder folder;
    fs::create_directories(folder.path() / "postgresql/data.new/base");
    std::ofstream(folder.path() / "postgresql/data.new/PG_VERSION") << "15\n";
    CHECK(EmbeddedCluster::start({.data_dir = folder.path(), .user = {}}));
}

TEST_CASE("a data folder too long for a socket address works through a short one") {
    TemporaryFolder folder;
    const auto deep = folder.path() / std::string(60, 'a') / std::string(60, 'b');
    auto cluster = EmbeddedCluster::start({.data_dir = deep, .user = {}}).value();
    CHECK(cluster->socket_dir().string().size() < 90);
    Database database(cluster->url());
    CHECK(database.server_version());
    cluster->stop();
    fs::remove_all(cluster->socket_dir());
}

TEST_CASE("what keeps a cluster from starting is said with its remedy") {
    TemporaryFolder folder;
    SECTION("no PostgreSQL installed") {
        const auto none = EmbeddedCluster::start(
            {.data_dir = folder.path(), .user = {}, .programs_root = folder.path() / "nothing"});
        REQUIRE(!none);
        CHECK_THAT(none.error().reason, Catch::Matchers::ContainsSubstring("apt install postgresql"));
    }
    SECTION("a cluster of another version") {
        fs::create_directories(folder.path() / "postgresql/data");
        std::ofstream(folder.path() / "postgresql/data/PG_VERSION") << "9\n";
        const auto old = EmbeddedCluster::start({.data_dir = folder.path(), .user = {}});
        REQUIRE(!old);
        CHECK_THAT(old.error().reason, Catch::Matchers::ContainsSubstring("apt install postgresql-9"));
    }
    if (geteuid() == 0) {
        SECTION("as root: a user that does not exist") {
            const auto stranger = EmbeddedCluster::start({.data_dir = folder.path(), .user = "no-such-user"});
            REQUIRE(!stranger);
            CHECK_THAT(stranger.error().reason, Catch::Matchers::ContainsSubstring("no-such-user"));
        }
        SECTION("as root: a parent folder the user may not enter") {
            chmod(folder.path().c_str(), 0700);
            const auto closed = EmbeddedCluster::start({.data_dir = folder.path() / "inner", .user = {}});
            REQUIRE(!closed);
            CHECK_THAT(closed.error().reason, Catch::Matchers::ContainsSubstring(folder.path().string()) &&
                                                  Catch::Matchers::ContainsSubstring("chmod"));
        }
    }
}

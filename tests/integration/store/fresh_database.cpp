#include "tests/integration/store/fresh_database.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <stdexcept>

#include "server/store/migrator.h"
#include "server/store/transaction.h"

namespace integration {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "hashyard-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = name;
    chmod(path_.c_str(), 0755);
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

server::store::EmbeddedCluster& shared_cluster() {
    static TemporaryFolder folder;
    static auto cluster =
        server::store::EmbeddedCluster::start({.data_dir = folder.path(), .user = {}}).value();
    // Nothing here has to outlive a power cut, and other builds share the disk.
    static const bool quick = [] {
        pqxx::connection connection(cluster->url());
        pqxx::nontransaction direct(connection);
        direct.exec("alter system set fsync = off");
        direct.exec("select pg_reload_conf()");
        return true;
    }();
    static_cast<void>(quick);
    return *cluster;
}

FreshDatabase::FreshDatabase(Schema schema) {
    static int made = 0;
    const auto name = "test_" + std::to_string(++made);
    url_ = "host='" + shared_cluster().socket_dir().string() + "' user=hashyard dbname=";
    {
        pqxx::connection connection(url_ + "postgres");
        pqxx::nontransaction(connection).exec("create database " + name);
    }
    url_ += name;
    database_ = std::make_unique<server::store::Database>(url_);
    if (schema == Schema::migrated) {
        const auto outcome = server::store::migrate(*database_).value();
        if (!outcome.refused.empty()) throw std::runtime_error(outcome.refused);
    }
}

std::string ask(server::store::Database& database, const std::string& sql) {
    return server::store::transact(
               database,
               [&](pqxx::work& transaction) { return transaction.exec1(sql)[0].as<std::string>(""); })
        .value();
}

}  // namespace integration

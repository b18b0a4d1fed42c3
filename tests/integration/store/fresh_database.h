#pragma once
// A real PostgreSQL for the tests of this program: one embedded cluster in a temporary folder, a new database
// a test.

#include <filesystem>
#include <memory>
#include <string>

#include "server/store/database.h"
#include "server/store/embedded_cluster.h"

namespace integration {

// A folder that goes away with its owner; others may enter it, as the embedded cluster's user must.
class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

// The cluster that all tests of the program share; made by the first to ask, stopped at exit.
server::store::EmbeddedCluster& shared_cluster();

// An empty database of its own in the shared cluster.
class FreshDatabase {
  public:
    enum class Schema { empty, migrated };
    explicit FreshDatabase(Schema schema = Schema::migrated);
    server::store::Database& operator*() { return *database_; }
    server::store::Database* operator->() { return database_.get(); }
    [[nodiscard]] const std::string& url() const { return url_; }

  private:
    std::string url_;
    std::unique_ptr<server::store::Database> database_;
};

// One value of one row, as text.
std::string ask(server::store::Database& database, const std::string& sql);

}  // namespace integration

#pragma once
// The database as a command gets it: the configured one, or Hashyard's own cluster, made and started when
// need be. Main thread.

#include <memory>
#include <string>

#include <boost/system/result.hpp>

#include "server/store/database.h"
#include "server/store/embedded_cluster.h"
#include "server/store/options.h"

namespace server::commands {

class OpenDatabase {
  public:
    // owner: stops the own cluster at the end, also one that a killed server left behind. visitor: stops it
    // only when it started it, so a command beside a running server takes nothing away.
    enum class Guest { owner, visitor };

    // Does not connect. The error is a sentence with a remedy.
    [[nodiscard]] static boost::system::result<OpenDatabase, std::string> open(
        const store::StoreOptions& options, Guest guest);
    ~OpenDatabase();
    OpenDatabase(OpenDatabase&&) = default;
    OpenDatabase& operator=(OpenDatabase&&) = delete;

    [[nodiscard]] store::Database& database() { return *database_; }
    [[nodiscard]] store::EmbeddedCluster* cluster() { return cluster_.get(); }  // null: a configured URL

  private:
    explicit OpenDatabase(Guest guest) : guest_(guest) {}
    Guest guest_;
    std::unique_ptr<store::EmbeddedCluster> cluster_;
    std::unique_ptr<store::Database> database_;
};

}  // namespace server::commands

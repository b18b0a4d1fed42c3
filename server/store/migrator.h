#pragma once
// Brings the schema up to date, forward only. Any thread; called by main.cpp before anything else uses the
// database, and by `hashyard migrate`. The SQL files of migrations/ are part of the binary (CMake embeds
// them). The table `migrations` remembers number, name and SHA-256 of each applied file. Refused: a file that
// was edited after it was applied, and a database that is newer than this binary.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/store/database.h"

namespace server::store {

struct Migration {
    int number = 0;
    std::string_view name;  // file name without folder, such as 0001_people_and_jobs.sql
    std::string_view sql;
};

// Those compiled in, ascending.
[[nodiscard]] std::span<const Migration> embedded_migrations();

struct MigrationOutcome {
    std::vector<std::string> applied;  // names, in order; empty when all was up to date
    std::string refused;               // why nothing more was done, and what to do; empty when all is well
};

// Applies what is missing, each file in a transaction of its own. Two processes at once wait for each other.
[[nodiscard]] Stored<MigrationOutcome> migrate(Database& database,
                                               std::span<const Migration> migrations = embedded_migrations());

}  // namespace server::store

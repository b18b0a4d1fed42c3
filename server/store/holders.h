#pragma once
// Who holds participation units, and what was on record at an instant. Any thread; one transaction each. Rows
// are only added (migration 0011); nothing reaches behind a snapshot.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fleet/ledger/holder.h"
#include "server/store/database.h"

namespace server::store {

enum class HolderMode {
    add,  // refused when the holder has been there before
    set   // the holder has to be there
};
struct HoldersSet {
    std::size_t changed = 0;    // rows that are new
    std::size_t unchanged = 0;  // said the same as what stands
    std::string refused;        // why nothing was stored; empty: all is
};
// One holder. `valid_from_us` of the change is filled in.
[[nodiscard]] Stored<HoldersSet> set_holder(Database& database, const fleet::ledger::HolderChange& change,
                                            HolderMode mode, const std::string& by);
// All or nothing; new holders and changes of those who are there. The same file again changes nothing.
[[nodiscard]] Stored<HoldersSet> import_holders(Database& database,
                                                const std::vector<fleet::ledger::HolderChange>& changes,
                                                const std::string& by);

struct Holding {
    std::string holder;
    fleet::ledger::Integer units;
    std::int64_t valid_from_us = 0;
    std::string set_by;
};
// What holds at an instant, by name; those who left are not there.
[[nodiscard]] Stored<std::vector<Holding>> holders_at(Database& database, std::int64_t at_us);

struct HolderSnapshot {
    std::int64_t id = 0;
    std::int64_t record_at_us = 0;
    std::size_t holders = 0;
    fleet::ledger::Integer units;
    std::string made_by;
};
struct SnapshotTaken {
    HolderSnapshot snapshot;
    std::string refused;
};
// The one of this instant, made if it is not there yet. Refused: the instant lies ahead of `now_us`.
[[nodiscard]] Stored<SnapshotTaken> take_snapshot(Database& database, std::int64_t record_at_us,
                                                  const std::string& by, std::int64_t now_us);
// Newest first.
[[nodiscard]] Stored<std::vector<HolderSnapshot>> snapshots(Database& database);

}  // namespace server::store

#pragma once
// A database that can be away and whose transactions abort, and an importer that brings the journal into it.
// The journal is the pool's own, on disk.

#include <map>
#include <set>

#include <string>
#include <utility>
#include <vector>

#include "server/pool/journal.h"
#include "stratum/uint256.h"
#include "tests/sim/random.h"

namespace sim {

// What a share is worth, and whose it is.
struct Credit {
    stratum::Uint256 target;
    std::string worker;  // "user.name"
};

class StoreModel {
  public:
    explicit StoreModel(Random& random) : random_(random) {}

    // Reads what was written since the last commit and tries to commit it.
    void import(const server::pool::JournalWriter& journal);
    // Until nothing is left to import, with no more outages.
    void import_all(const server::pool::JournalWriter& journal);
    void toggle_outage() { away_ = !away_; }

    [[nodiscard]] const std::map<stratum::Hash256, Credit>& shares() const { return shares_; }
    [[nodiscard]] const std::set<stratum::Hash256>& blocks() const { return blocks_; }
    [[nodiscard]] std::uint64_t aborts() const { return aborts_; }

  private:
    struct Batch {
        std::vector<std::pair<stratum::Hash256, Credit>> shares;
        std::vector<stratum::Hash256> blocks;
        std::uint64_t position = 0;
    };
    Batch read(const server::pool::JournalWriter& journal, std::size_t records_max) const;
    void commit(const Batch& batch);

    Random& random_;
    bool away_ = false;
    std::uint64_t position_ = 0;  // all records up to this sequence are in
    std::uint64_t aborts_ = 0;
    std::map<stratum::Hash256, Credit> shares_;
    std::set<stratum::Hash256> blocks_;
};

}  // namespace sim

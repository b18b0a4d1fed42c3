#pragma once
// All journals of one pool node: the folder with its lock and identity, a writer for each shard, the sync
// thread. Opened and closed by main.cpp; each writer is used on its shard's thread, see journal.h.

#include <memory>
#include <vector>

#include "server/pool/journal.h"
#include "server/pool/journal_folder.h"
#include "server/pool/journal_sync.h"

namespace server::pool {

struct JournalsOptions {
    std::filesystem::path folder;  // data_dir / "journal"
    unsigned shards = 1;
    std::chrono::milliseconds sync_interval{5};
    JournalWriterOptions writer;
};

class Journals {
  public:
    // Shards that a former configuration had are opened too (and stay idle), so that they are recovered and
    // imported.
    [[nodiscard]] static JournalResult<std::unique_ptr<Journals>> open(JournalsOptions options);

    // start() after the last continue_after(); stop() after the last flush.
    void start() { sync_->start(); }
    void stop() { sync_->stop(); }

    [[nodiscard]] std::uint64_t identity() const { return folder_.identity(); }
    [[nodiscard]] std::size_t size() const { return writers_.size(); }
    // Shards configured come first, in order, so writer(k) is shard k; those left over follow.
    [[nodiscard]] JournalWriter& writer(std::size_t index) { return *writers_.at(index); }
    [[nodiscard]] JournalSync& sync() { return *sync_; }

  private:
    explicit Journals(JournalFolder folder) : folder_(std::move(folder)) {}
    JournalFolder folder_;
    std::vector<std::unique_ptr<JournalWriter>> writers_;
    std::unique_ptr<JournalSync> sync_;
};

}  // namespace server::pool

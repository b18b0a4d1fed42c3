#pragma once
// One shard's journal as the importer reads it: no further than what is on disk for good. Importer thread.
// A fault in the files is logged as an error and counted, then passed over: the shares behind it are still
// owed to their users.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "server/pool/journal.h"
#include "server/pool/journal_folder.h"
#include "server/pool/journal_reader.h"
#include "server/pool/share_source.h"

namespace server::pool {

class JournalSource : public ShareSource {
  public:
    // The writer outlives this object.
    explicit JournalSource(const JournalWriter& writer, JournalKeep keep = {})
        : writer_(writer), keep_(keep) {}

    [[nodiscard]] std::uint16_t shard() const override { return static_cast<std::uint16_t>(writer_.shard()); }
    void start_after(std::uint64_t sequence) override;
    bool read(std::size_t records_max, std::vector<SourceRecord>& out) override;
    [[nodiscard]] std::uint64_t position() const override;
    [[nodiscard]] std::uint64_t written_sequence() const override { return writer_.written_sequence(); }
    void imported_through(std::uint64_t sequence) override;

  private:
    [[nodiscard]] bool pass_fault();

    const JournalWriter& writer_;
    const JournalKeep keep_;
    std::optional<JournalReader> reader_;
    std::uint64_t start_ = 0;
    std::chrono::steady_clock::time_point next_deletion_{};
};

}  // namespace server::pool

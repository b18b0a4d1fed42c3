#pragma once
// Where the importer reads one shard's records from: the journal (journal_source.h), or memory in tests.
// Importer thread, but written_sequence() for any.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/pool/journal_record.h"

namespace server::pool {

struct SourceRecord {
    std::uint64_t last = 0;  // the sequence of the record's last frame: the position once it is imported
    Record record;
};

class ShareSource {
  public:
    virtual ~ShareSource() = default;
    [[nodiscard]] virtual std::uint16_t shard() const = 0;
    // Reading goes on behind `sequence`. Definitions of workers and jobs that the records behind it refer to
    // come again first, with a `last` at or below `sequence`.
    virtual void start_after(std::uint64_t sequence) = 0;
    // Appends at most `records_max` records that are on disk for good, in order. True: there may be more at
    // once.
    virtual bool read(std::size_t records_max, std::vector<SourceRecord>& out) = 0;
    // The last sequence that read() has passed, faulty records included.
    [[nodiscard]] virtual std::uint64_t position() const = 0;
    // The last sequence written by the shard. Any thread.
    [[nodiscard]] virtual std::uint64_t written_sequence() const = 0;
    // Everything up to `sequence` stands in PostgreSQL: older files may go.
    virtual void imported_through(std::uint64_t sequence) = 0;
};

}  // namespace server::pool

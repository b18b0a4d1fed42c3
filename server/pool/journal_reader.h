#pragma once
// Reads one shard's journal in sequence order, also while the shard writes it. One thread at a time
// (importer, CLI). Nothing is skipped in silence: whatever is not the next good record stops the reader with
// a fault that names file and offset, until skip_fault() is told to go on.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "server/pool/journal_codec.h"
#include "server/pool/journal_folder.h"

namespace server::pool {

struct JournalEntry {
    std::uint64_t sequence = 0;  // of the record's head frame
    std::uint64_t last = 0;      // of its last frame: the position once it is imported
    Record record;
};

enum class JournalFaultKind {
    bad_checksum,
    bad_header,
    wrong_sequence,
    bad_record,
    torn_tail,  // the file ends within a record. Beside a running writer this may be a write under way.
    gap,        // sequences that no file has any more
    missing,    // the journal ends before the limit, or before where reading was to begin
    unreadable  // the file cannot be opened or read
};
const char* name_of(JournalFaultKind kind);

struct JournalFault {
    JournalFaultKind kind{};
    std::filesystem::path file;
    std::uint64_t offset = 0;    // of the frame
    std::uint64_t sequence = 0;  // expected there
    std::string detail;
};
// One line for a person: file, offset, what.
std::string explain(const JournalFault& fault);

class JournalReader {
  public:
    enum class State { record, end, fault };

    // Yields shares and blocks from sequence `from` on. Definitions that stand before `from` in its segment
    // are yielded first (their sequence is below `from`), since the shares refer to them.
    JournalReader(std::filesystem::path shard_folder, std::uint64_t from);

    // The next record whose last frame is <= limit. end: there is none yet; call again when the limit has
    // moved. For a reader beside a writer the limit is the writer's synced_sequence(); UINT64_MAX reads to
    // the end of the files.
    [[nodiscard]] State next(std::uint64_t limit, JournalEntry& out);
    [[nodiscard]] const JournalFault& fault() const { return fault_; }
    // Goes on at the next good head frame of the file, or at the next file. Returns how many sequences were
    // passed over.
    std::uint64_t skip_fault();
    // The sequence expected next; all records before it were yielded or skipped.
    [[nodiscard]] std::uint64_t position() const { return expected_; }
    [[nodiscard]] const std::filesystem::path& file() const { return segment_.file; }

  private:
    [[nodiscard]] bool open_first();
    [[nodiscard]] State open_next(std::uint64_t limit);
    [[nodiscard]] bool open_segment(const Segment& segment);
    [[nodiscard]] bool fill(std::size_t frames);
    [[nodiscard]] State step(std::uint64_t limit, JournalEntry& out);
    State fail(JournalFaultKind kind, std::string detail);

    const std::filesystem::path shard_folder_;
    std::uint64_t from_;  // shares and blocks below it are passed over; rises with every record yielded
    std::uint64_t expected_ = 0;
    Segment segment_;
    File file_;
    stratum::Bytes buffer_;  // bytes of the file from buffer_offset_ on
    std::size_t used_ = 0;   // of buffer_, already yielded
    std::uint64_t buffer_offset_ = 0;
    bool failed_ = false;
    JournalFault fault_;
};

}  // namespace server::pool

#pragma once
// The share journal's writer. One JournalWriter for each shard, used on that shard's thread only, except
// where a function says "any thread". append_* puts frames into a buffer; flush() is one write() of them all;
// only after it succeeded may the answers leave.
//
// - Definitions (workers, jobs) are written ahead of the first share of a segment that needs them, so each
// file stands
//   alone and a worker that sends no share costs no disk.
// - Each segment also opens with the worker of the highest number, so numbering goes on from any one file.
// - When flush() fails nothing of the batch stays in the file: no credit may be given for it, its sequences
// are used again.
// - written_sequence() is safe from a killed process, synced_sequence() from a power cut. Read no further
// than
//   synced_sequence() into PostgreSQL: what a power cut takes back must not have been imported.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>

#include "server/bounded_queue.h"
#include "server/pool/journal_codec.h"
#include "server/pool/journal_folder.h"
#include "server/pool/journal_record.h"

namespace server::pool {

struct JournalWriterOptions {
    // A segment is closed by the first flush that brings it to this size.
    std::uint64_t segment_bytes = 64ULL << 20;
    // Names remembered, in use or not: about 300 bytes each. When all are in use define_worker() refuses.
    std::size_t workers_max = 1 << 18;
};

// A file that the sync thread has to bring to disk. Shared by writer and sync thread, so it stays open for
// both.
struct SyncFile {
    File file;
    std::filesystem::path path;
};

class JournalWriter {
  public:
    // Opens the newest segment, cuts off what was not written whole, syncs, and goes on behind it.
    [[nodiscard]] static JournalResult<std::unique_ptr<JournalWriter>> open(
        const JournalFolder& folder, unsigned shard, JournalWriterOptions options = {});
    JournalWriter(const JournalWriter&) = delete;
    JournalWriter& operator=(const JournalWriter&) = delete;

    // A number for this user.worker, the same one for the same names while remembered; never reused for
    // others. 0 when refused: names over their limits, or workers_max are in use. Each call is paired with a
    // retire_worker().
    [[nodiscard]] std::uint32_t define_worker(UserKind kind, std::string_view user,
                                              std::string_view worker_name);
    void retire_worker(std::uint32_t worker);
    // The names behind a number that is defined or still remembered; null otherwise.
    [[nodiscard]] const WorkerRecord* worker(std::uint32_t worker) const;
    // Makes a job known until retire_job(); false when it is over the codec's limits.
    [[nodiscard]] bool define_job(JobRecord job);
    void retire_job(std::uint64_t job);

    // The share's worker and job must be defined. No allocation once the buffer has grown. Returns the
    // share's sequence, which holds only if the flush succeeds.
    std::uint64_t append_share(const ShareRecord& share);
    // Its worker, if any, must be defined; its job may be retired.
    void append_block(const BlockRecord& block);
    // One write(). On failure the batch is forgotten and the next flush tries afresh.
    [[nodiscard]] std::error_code flush();
    [[nodiscard]] std::size_t buffered_bytes() const { return buffer_.size(); }

    // Before any append and before JournalSync starts: the database has everything up to `sequence`; if the
    // file ends before (cut off by hand or by a broken disk), goes on behind it so that no sequence is used
    // twice.
    [[nodiscard]] std::error_code continue_after(std::uint64_t sequence);

    // Any thread.
    [[nodiscard]] std::uint64_t written_sequence() const { return written_.load(std::memory_order_acquire); }
    [[nodiscard]] std::uint64_t synced_sequence() const { return synced_.load(std::memory_order_acquire); }
    [[nodiscard]] bool sync_failed() const { return sync_failed_.load(std::memory_order_acquire); }
    [[nodiscard]] const std::filesystem::path& shard_folder() const { return shard_folder_; }
    [[nodiscard]] unsigned shard() const { return shard_; }

  private:
    friend class JournalSync;
    struct Worker {
        WorkerRecord record;
        std::uint32_t users = 0;
        std::uint64_t batch = 0;  // definitions_ when last defined
    };
    struct Job {
        JobRecord record;
        std::uint64_t batch = 0;
    };
    using SyncFilePtr = std::shared_ptr<const SyncFile>;

    JournalWriter(std::filesystem::path shard_folder, unsigned shard, JournalWriterOptions options);
    [[nodiscard]] JournalResult<std::uint64_t> recover(const Segment& segment);
    void remember(const WorkerRecord& worker);
    void append(const Record& record);
    void define_newest_worker();
    void define_in_segment(std::uint32_t worker);
    Job* find_job(std::uint64_t job);
    void define_in_segment(Job& job);
    [[nodiscard]] std::error_code start_segment(std::uint64_t first_sequence);
    void forget_batch();
    bool make_room_for_worker();

    const std::filesystem::path shard_folder_;
    const unsigned shard_;
    const JournalWriterOptions options_;
    SyncFilePtr file_;
    std::uint64_t file_bytes_ = 0;
    bool tail_is_torn_ = false;  // a failed write left bytes behind file_bytes_ that could not be cut off yet
    stratum::Bytes buffer_;
    std::uint64_t next_sequence_ = 1;
    // Rises when definitions given so far no longer count: a new segment, or a batch that was forgotten.
    std::uint64_t definitions_ = 1;
    std::uint64_t newest_defined_ = 0;
    WorkerRecord newest_worker_;
    std::unordered_map<std::uint32_t, Worker> workers_;
    std::unordered_map<std::string, std::uint32_t> worker_numbers_;
    std::unordered_map<std::uint64_t, Job> jobs_;
    Job* last_job_ = nullptr;  // nearly all shares are for one job

    std::atomic<std::uint64_t> written_{0};
    std::atomic<std::uint64_t> synced_{0};
    std::atomic<bool> sync_failed_{false};
    // New segments on their way to the sync thread; one is pushed before any of its frames counts as written.
    static constexpr std::size_t files_waiting_max = 64;
    BoundedQueue<SyncFilePtr> new_files_{files_waiting_max};
};

}  // namespace server::pool

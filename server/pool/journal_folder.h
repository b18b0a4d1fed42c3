#pragma once
// The journal's folder on disk: who owns it, which segments there are, which may go.
//
//   journal/lock                            held (flock) by the one process that writes
//   journal/identity                        16 hex letters: this journal's number, made once
//   journal/<shard>/<first sequence>.journal   20 digits, so names sort as numbers
//
// JournalFolder belongs to the thread that opens it (main); the free functions are for any thread.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <boost/system/result.hpp>

namespace server::pool {

// Why the journal cannot be used: a sentence for the operator that names the file and the remedy.
struct JournalProblem {
    std::string text;
};
template <typename T>
using JournalResult = boost::system::result<T, JournalProblem>;

// An open file descriptor; closes itself.
class File {
  public:
    File() = default;
    explicit File(int descriptor) : descriptor_(descriptor) {}
    ~File();
    File(File&& other) noexcept;
    File& operator=(File&& other) noexcept;
    [[nodiscard]] int descriptor() const { return descriptor_; }
    [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

  private:
    int descriptor_ = -1;
};

class JournalFolder {
  public:
    // Makes the folder and its identity when missing; refuses when another process writes here.
    [[nodiscard]] static JournalResult<JournalFolder> open(const std::filesystem::path& path);
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    // 1 to 2^63 - 1. Positions in PostgreSQL carry it, so a new journal under an old database is noticed.
    [[nodiscard]] std::uint64_t identity() const { return identity_; }

  private:
    JournalFolder(std::filesystem::path path, std::uint64_t identity, File lock)
        : path_(std::move(path)), identity_(identity), lock_(std::move(lock)) {}
    std::filesystem::path path_;
    std::uint64_t identity_;
    File lock_;
};

struct Segment {
    std::filesystem::path file;
    std::uint64_t first_sequence = 0;
};
std::filesystem::path shard_path(const std::filesystem::path& journal, unsigned shard);
std::filesystem::path segment_path(const std::filesystem::path& shard_folder, std::uint64_t first_sequence);
// In rising order; other files are left out. Empty when the folder is not there.
std::vector<Segment> segments_of(const std::filesystem::path& shard_folder);
// Numbers of the shards that have a folder, rising.
std::vector<unsigned> shards_of(const std::filesystem::path& journal);

struct JournalKeep {
    std::size_t segments_least = 2;    // never fewer, the open one counted
    std::chrono::hours age_least{24};  // by last write
};
// Deletes segments whose every frame is before `sequence`, the first one not imported yet. Returns how many
// went. A segment stays until a frame of the next one is before `sequence` too: so the oldest segment left
// always holds synced frames, and with them the highest worker number.
std::size_t delete_segments_before(const std::filesystem::path& shard_folder, std::uint64_t sequence,
                                   JournalKeep keep);

// "FILE: what: No space left on device"
JournalProblem problem_with(const std::filesystem::path& file, const std::string& what, int error_number);
// 0 or errno. A new file's name is on disk only after its folder was synced.
int sync_folder(const std::filesystem::path& folder);

}  // namespace server::pool

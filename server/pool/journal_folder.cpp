#include "server/pool/journal_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

#include "stratum/bytes.h"

namespace server::pool {
namespace {

constexpr std::string_view segment_extension = ".journal";
constexpr std::size_t sequence_digits = 20;  // 2^64 has 20
constexpr std::size_t shards_max = 1024;

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
    Number value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

JournalResult<std::uint64_t> read_identity(const std::filesystem::path& file, const File& open_file) {
    std::array<char, 17> text{};
    const auto got = ::read(open_file.descriptor(), text.data(), text.size());
    std::array<std::uint8_t, 8> raw{};
    if (got < 16 || !stratum::decode_hex({text.data(), 16}, raw))
        return JournalProblem{file.string() +
                              ": not a journal identity (16 hex letters). Restore the file from a "
                              "backup, or move the whole journal folder away to begin a new journal."};
    return stratum::load_le64(raw.data());
}

// Written under another name and renamed, so a crash never leaves half an identity.
JournalResult<std::uint64_t> make_identity(const std::filesystem::path& folder,
                                           const std::filesystem::path& file) {
    std::array<std::uint8_t, 8> raw{};
    std::uint64_t identity = 0;
    while (identity == 0) {
        if (::getrandom(raw.data(), raw.size(), 0) != static_cast<ssize_t>(raw.size()))
            return problem_with(file, "no random number", errno);
        raw[7] &= 0x7f;  // fits a signed 64-bit column
        identity = stratum::load_le64(raw.data());
    }
    const auto text = stratum::to_hex(raw) + "\n";
    const auto fresh = file.string() + ".new";
    const File out(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    if (!out.is_open()) return problem_with(fresh, "cannot create", errno);
    if (::write(out.descriptor(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(out.descriptor()) != 0)
        return problem_with(fresh, "cannot write", errno);
    if (std::rename(fresh.c_str(), file.c_str()) != 0)
        return problem_with(file, "cannot rename into place", errno);
    if (const int error = sync_folder(folder); error != 0) return problem_with(folder, "cannot sync", error);
    return identity;
}

bool has_segments(const std::filesystem::path& journal) {
    const auto shards = shards_of(journal);
    return std::any_of(shards.begin(), shards.end(),
                       [&](unsigned shard) { return !segments_of(shard_path(journal, shard)).empty(); });
}

}  // namespace

File::~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
}
File::File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
File& File::operator=(File&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

JournalProblem problem_with(const std::filesystem::path& file, const std::string& what, int error_number) {
    return {file.string() + ": " + what + ": " + std::strerror(error_number)};
}

int sync_folder(const std::filesystem::path& folder) {
    const File open_folder(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return open_folder.is_open() && ::fsync(open_folder.descriptor()) == 0 ? 0 : errno;
}

JournalResult<JournalFolder> JournalFolder::open(const std::filesystem::path& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return problem_with(path, "cannot create the folder", error.value());
    const auto lock_file = path / "lock";
    File lock(::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
    if (!lock.is_open()) return problem_with(lock_file, "cannot open", errno);
    if (::flock(lock.descriptor(), LOCK_EX | LOCK_NB) != 0)
        return JournalProblem{lock_file.string() +
                              ": another process writes this journal. Stop it, or give this one "
                              "its own data folder."};
    const auto identity_file = path / "identity";
    const File existing(::open(identity_file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!existing.is_open() && errno != ENOENT) return problem_with(identity_file, "cannot open", errno);
    if (!existing.is_open() && has_segments(path))
        return JournalProblem{identity_file.string() +
                              ": missing, but there are segments. Without it nobody can tell "
                              "what PostgreSQL already has. Restore it from a backup, or "
                              "move the whole journal folder away to begin a new journal."};
    const auto identity =
        existing.is_open() ? read_identity(identity_file, existing) : make_identity(path, identity_file);
    if (identity.has_error()) return identity.error();
    return JournalFolder(path, *identity, std::move(lock));
}

std::filesystem::path shard_path(const std::filesystem::path& journal, unsigned shard) {
    return journal / std::to_string(shard);
}

std::filesystem::path segment_path(const std::filesystem::path& shard_folder, std::uint64_t first_sequence) {
    auto digits = std::to_string(first_sequence);
    digits.insert(0, sequence_digits - digits.size(), '0');
    return shard_folder / (digits + std::string(segment_extension));
}

std::vector<Segment> segments_of(const std::filesystem::path& shard_folder) {
    std::vector<Segment> segments;
    std::error_code error;
    for (auto at = std::filesystem::directory_iterator(shard_folder, error);
         !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
        const auto name = at->path().filename().string();
        if (name.size() != sequence_digits + segment_extension.size() || !name.ends_with(segment_extension))
            continue;
        const auto first = number_of<std::uint64_t>(std::string_view(name).substr(0, sequence_digits));
        if (first) segments.push_back({at->path(), *first});
    }
    std::sort(segments.begin(), segments.end(),
              [](const Segment& a, const Segment& b) { return a.first_sequence < b.first_sequence; });
    return segments;
}

std::vector<unsigned> shards_of(const std::filesystem::path& journal) {
    std::vector<unsigned> shards;
    std::error_code error;
    for (auto at = std::filesystem::directory_iterator(journal, error);
         !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
        const auto shard = number_of<unsigned>(at->path().filename().string());
        if (shard && *shard < shards_max && at->is_directory()) shards.push_back(*shard);
    }
    std::sort(shards.begin(), shards.end());
    return shards;
}

std::size_t delete_segments_before(const std::filesystem::path& shard_folder, std::uint64_t sequence,
                                   JournalKeep keep) {
    const auto segments = segments_of(shard_folder);
    const auto youngest = std::filesystem::file_time_type::clock::now() - keep.age_least;
    const auto least = std::max<std::size_t>(keep.segments_least, 1);
    std::size_t deleted = 0;
    // A segment ends where the next one starts. Oldest first, so what stays is always one run.
    for (std::size_t i = 0; i + least < segments.size(); ++i) {
        std::error_code error;
        const auto written_at = std::filesystem::last_write_time(segments[i].file, error);
        if (error || segments[i + 1].first_sequence >= sequence || written_at > youngest) break;
        if (!std::filesystem::remove(segments[i].file, error)) break;
        ++deleted;
    }
    return deleted;
}

}  // namespace server::pool

// How a writer finds its place again: the last segment is read from its start, and what was not written whole
// is cut off.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "server/log.h"
#include "server/pool/journal.h"

namespace server::pool {
namespace {

// A segment is at most segment_bytes and one batch; this is far above both and guards against a foreign file.
constexpr std::uint64_t segment_bytes_most = 4ULL << 30;

JournalResult<stratum::Bytes> read_all(const std::filesystem::path& path, const File& file) {
    struct stat info {};
    if (!file.is_open() || ::fstat(file.descriptor(), &info) != 0)
        return problem_with(path, "cannot open", errno);
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (size > segment_bytes_most) return problem_with(path, "not a segment", EFBIG);
    stratum::Bytes bytes(size);
    for (std::size_t done = 0; done < bytes.size();) {
        const auto got =
            ::pread(file.descriptor(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return problem_with(path, "cannot read", errno);
        if (got == 0) bytes.resize(done);
        done += static_cast<std::size_t>(got);
    }
    return bytes;
}

bool holds_a_good_frame(stratum::ByteView bytes) {
    for (; bytes.size() >= frame_bytes; bytes = bytes.subspan(frame_bytes))
        if (checksum_is_good(bytes.data())) return true;
    return false;
}

// Kept beside the segment for a person to look at. Its name is not a segment's name.
int keep_cut(const std::filesystem::path& path, stratum::ByteView bytes) {
    const File out(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    if (!out.is_open()) return errno;
    const auto wrote = ::write(out.descriptor(), bytes.data(), bytes.size());
    return wrote == static_cast<ssize_t>(bytes.size()) && ::fsync(out.descriptor()) == 0 ? 0 : EIO;
}

struct Front {
    std::size_t bytes = 0;    // filled by whole records
    bool incomplete = false;  // what follows is good as far as it goes
};
// Whole records from the front of a segment; `take_worker` sees each worker definition.
template <typename TakeWorker>
Front whole_records(stratum::ByteView bytes, std::uint64_t first_sequence, TakeWorker take_worker) {
    std::size_t good = 0;
    while (true) {
        const auto decoded = decode(bytes.subspan(good), first_sequence + good / frame_bytes);
        if (decoded.state != Decoded::State::record)
            return {good, decoded.state == Decoded::State::incomplete};
        if (const auto* worker = std::get_if<WorkerRecord>(&decoded.record)) take_worker(*worker);
        good += decoded.frames * frame_bytes;
    }
}

}  // namespace

JournalResult<std::uint64_t> JournalWriter::recover(const Segment& segment) {
    auto file = std::make_shared<const SyncFile>(
        SyncFile{File(::open(segment.file.c_str(), O_RDWR | O_CLOEXEC)), segment.file});
    const auto bytes = read_all(segment.file, file->file);
    if (bytes.has_error()) return bytes.error();
    const stratum::ByteView view(*bytes);
    const auto front =
        whole_records(view, segment.first_sequence, [this](const auto& worker) { remember(worker); });
    const auto good = front.bytes;
    if (good < view.size()) {
        const auto tail = view.subspan(good);
        if (!front.incomplete && tail.size() > frame_bytes && holds_a_good_frame(tail.subspan(frame_bytes))) {
            const auto kept = segment.file.string() + ".cut-" + std::to_string(good);
            if (const int error = keep_cut(kept, tail); error != 0)
                return problem_with(kept, "cannot write", error);
            log::error("journal_damaged_tail_cut", {{"file", segment.file.string()},
                                                    {"offset", good},
                                                    {"bytes", tail.size()},
                                                    {"kept_as", kept}});
        } else {
            log::warn("journal_torn_tail_cut",
                      {{"file", segment.file.string()}, {"offset", good}, {"bytes", tail.size()}});
        }
        if (::ftruncate(file->file.descriptor(), static_cast<off_t>(good)) != 0)
            return problem_with(segment.file, "cannot cut off the torn tail", errno);
    }
    if (::fsync(file->file.descriptor()) != 0) return problem_with(segment.file, "cannot sync", errno);
    file_ = std::move(file);
    file_bytes_ = good;
    return segment.first_sequence + good / frame_bytes;
}

JournalResult<std::unique_ptr<JournalWriter>> JournalWriter::open(const JournalFolder& folder, unsigned shard,
                                                                  JournalWriterOptions options) {
    const auto shard_folder = shard_path(folder.path(), shard);
    std::error_code error;
    std::filesystem::create_directories(shard_folder, error);
    if (error) return problem_with(shard_folder, "cannot create the folder", error.value());
    std::unique_ptr<JournalWriter> writer(new JournalWriter(shard_folder, shard, options));
    const auto segments = segments_of(shard_folder);
    if (segments.empty()) {
        if (const auto failed = writer->start_segment(1); failed)
            return problem_with(shard_folder, "cannot create a segment", failed.value());
    } else {
        const auto next = writer->recover(segments.back());
        if (next.has_error()) return next.error();
        writer->next_sequence_ = *next;
        if (!writer->new_files_.push(writer->file_))
            return problem_with(shard_folder, "cannot hand over", EBUSY);
    }
    // The newest segment may have been made by a process that died before its first flush: then the one
    // before it tells the highest worker number. Its own definitions are only read, never cut.
    for (auto at = segments.rbegin(); at != segments.rend() && writer->newest_worker_.worker == 0; ++at) {
        const File file(::open(at->file.c_str(), O_RDONLY | O_CLOEXEC));
        const auto bytes = read_all(at->file, file);
        if (bytes.has_error()) return bytes.error();
        whole_records(*bytes, at->first_sequence,
                      [&writer](const auto& worker) { writer->remember(worker); });
    }
    if (const int failed = sync_folder(shard_folder); failed != 0)
        return problem_with(shard_folder, "cannot sync the folder", failed);
    if (const int failed = sync_folder(folder.path()); failed != 0)
        return problem_with(folder.path(), "cannot sync the folder", failed);
    writer->written_ = writer->next_sequence_ - 1;
    writer->synced_ = writer->next_sequence_ - 1;
    return writer;
}

}  // namespace server::pool

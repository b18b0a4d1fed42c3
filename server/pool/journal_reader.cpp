#include "server/pool/journal_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace server::pool {
namespace {

// 5,461 frames a read: the system call costs nothing beside decoding them.
constexpr std::size_t read_bytes = 5461 * frame_bytes;

JournalFaultKind kind_of(FrameFault fault) {
    switch (fault) {
        case FrameFault::bad_header:
            return JournalFaultKind::bad_header;
        case FrameFault::wrong_sequence:
            return JournalFaultKind::wrong_sequence;
        case FrameFault::bad_record:
            return JournalFaultKind::bad_record;
        case FrameFault::none:
        case FrameFault::bad_checksum:
            break;
    }
    return JournalFaultKind::bad_checksum;
}

}  // namespace

const char* name_of(JournalFaultKind kind) {
    constexpr std::array names{"bad_checksum", "bad_header", "wrong_sequence", "bad_record",
                               "torn_tail",    "gap",        "missing",        "unreadable"};
    return names[static_cast<std::size_t>(kind)];
}

std::string explain(const JournalFault& fault) {
    return fault.file.string() + ": offset " + std::to_string(fault.offset) + ", sequence " +
           std::to_string(fault.sequence) + ": " + name_of(fault.kind) +
           (fault.detail.empty() ? "" : " (" + fault.detail + ")");
}

JournalReader::JournalReader(std::filesystem::path shard_folder, std::uint64_t from)
    : shard_folder_(std::move(shard_folder)), from_(std::max<std::uint64_t>(from, 1)), expected_(from_) {}

JournalReader::State JournalReader::fail(JournalFaultKind kind, std::string detail) {
    failed_ = true;
    fault_ = {kind, segment_.file.empty() ? shard_folder_ : segment_.file, buffer_offset_ + used_, expected_,
              std::move(detail)};
    return State::fault;
}

bool JournalReader::open_segment(const Segment& segment) {
    segment_ = segment;
    buffer_.clear();
    used_ = 0;
    buffer_offset_ = 0;
    file_ = File(::open(segment.file.c_str(), O_RDONLY | O_CLOEXEC));
    return file_.is_open();
}

// True when a segment was opened or a fault stands; false when there is nothing to read yet.
bool JournalReader::open_first() {
    const auto segments = segments_of(shard_folder_);
    if (segments.empty()) return false;
    const auto behind = std::find_if(segments.begin(), segments.end(), [this](const Segment& segment) {
        return segment.first_sequence > from_;
    });
    const auto& first = behind == segments.begin() ? segments.front() : *(behind - 1);
    if (!open_segment(first)) {
        fail(JournalFaultKind::unreadable, std::strerror(errno));
    } else if (first.first_sequence > from_) {
        fail(JournalFaultKind::gap, "the oldest file begins with " + std::to_string(first.first_sequence));
    } else {
        expected_ = first.first_sequence;
    }
    return true;
}

// The file is read to its end: what comes behind it?
JournalReader::State JournalReader::open_next(std::uint64_t limit) {
    const auto segments = segments_of(shard_folder_);
    const auto next = std::find_if(segments.begin(), segments.end(), [this](const Segment& segment) {
        return segment.first_sequence > segment_.first_sequence;
    });
    if (next == segments.end()) {
        if (expected_ < from_)
            return fail(JournalFaultKind::missing, "reading was to begin behind the journal's end");
        if (limit == UINT64_MAX || expected_ > limit) return State::end;
        return fail(JournalFaultKind::missing,
                    "written up to " + std::to_string(limit) + ", but the file ends here");
    }
    if (next->first_sequence > expected_ && next->first_sequence > from_) {
        const auto gap_end = next->first_sequence;
        return fail(JournalFaultKind::gap, "the next file begins with " + std::to_string(gap_end));
    }
    if (next->first_sequence < expected_)
        return fail(JournalFaultKind::wrong_sequence,
                    "the next file begins with " + std::to_string(next->first_sequence) + " already");
    expected_ = next->first_sequence;
    if (!open_segment(*next)) return fail(JournalFaultKind::unreadable, std::strerror(errno));
    return State::record;
}

// Makes `frames` whole frames available at used_; false at the end of the file or when reading fails.
bool JournalReader::fill(std::size_t frames) {
    const auto wanted = frames * frame_bytes;
    if (buffer_.size() - used_ >= wanted) return true;
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(used_));
    buffer_offset_ += used_;
    used_ = 0;
    while (buffer_.size() < wanted) {
        const auto had = buffer_.size();
        buffer_.resize(had + read_bytes);
        const auto got = ::pread(file_.descriptor(), buffer_.data() + had, read_bytes,
                                 static_cast<off_t>(buffer_offset_ + had));
        buffer_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail(JournalFaultKind::unreadable, std::strerror(errno));
        if (got <= 0) return false;
    }
    return true;
}

JournalReader::State JournalReader::next(std::uint64_t limit, JournalEntry& out) {
    if (failed_) return State::fault;
    if (!file_.is_open()) {
        if (!open_first()) {
            if (limit == UINT64_MAX ? from_ == 1 : from_ > limit) return State::end;
            return fail(JournalFaultKind::missing, "there is no segment");
        }
        if (failed_) return State::fault;
    }
    while (true) {
        const auto state = step(limit, out);
        if (state != State::record) return state;
        const bool definition =
            std::holds_alternative<WorkerRecord>(out.record) || std::holds_alternative<JobRecord>(out.record);
        if (!definition && out.sequence < from_) continue;
        from_ = std::max(from_, out.last + 1);
        return State::record;
    }
}

JournalReader::State JournalReader::step(std::uint64_t limit, JournalEntry& out) {
    while (true) {
        // Beside a writer, bytes behind the limit may be half written: they are not looked at.
        if (expected_ > limit && expected_ >= from_) return State::end;
        if (!fill(1)) {
            if (failed_) return State::fault;
            if (buffer_.size() > used_) return fail(JournalFaultKind::torn_tail, "a part of a frame");
            if (const auto opened = open_next(limit); opened != State::record) return opened;
            continue;
        }
        const stratum::ByteView rest(buffer_.data() + used_, buffer_.size() - used_);
        auto decoded = decode(rest, expected_);
        if (decoded.state == Decoded::State::fault) {
            const auto kind = kind_of(decoded.fault);
            return fail(kind, decoded.frames == 0
                                  ? ""
                                  : "in frame " + std::to_string(decoded.frames) + " of its record");
        }
        if (decoded.state == Decoded::State::incomplete) {
            if (expected_ + decoded.frames_needed - 1 > limit) return State::end;
            if (fill(decoded.frames_needed)) continue;
            return failed_ ? State::fault
                           : fail(JournalFaultKind::torn_tail, "a record without all its frames");
        }
        out.sequence = expected_;
        out.last = expected_ + decoded.frames - 1;
        if (out.last > limit) return State::end;
        out.record = std::move(decoded.record);
        used_ += decoded.frames * frame_bytes;
        expected_ = out.last + 1;
        return State::record;
    }
}

std::uint64_t JournalReader::skip_fault() {
    if (!failed_) return 0;
    failed_ = false;
    const auto before = expected_;
    const auto kind = fault_.kind;
    const auto segments = segments_of(shard_folder_);
    if (kind == JournalFaultKind::gap || kind == JournalFaultKind::missing) {
        const auto next = std::find_if(segments.begin(), segments.end(), [before](const Segment& segment) {
            return segment.first_sequence >= before;
        });
        if (next == segments.end() || !open_segment(*next)) return 0;
        expected_ = next->first_sequence;
        return expected_ - before;
    }
    // A head frame that is where its sequence belongs, so a copied or foreign frame is not taken.
    while (kind != JournalFaultKind::unreadable) {
        used_ += std::min<std::size_t>(frame_bytes, buffer_.size() - used_);
        if (!fill(1)) break;
        const auto* frame = buffer_.data() + used_;
        const auto here = segment_.first_sequence + (buffer_offset_ + used_) / frame_bytes;
        if (checksum_is_good(frame) && sequence_of(frame) == here && kind_of(frame) != RecordKind::more) {
            expected_ = here;
            return here - before;
        }
    }
    failed_ = false;
    const auto next = std::find_if(segments.begin(), segments.end(), [this](const Segment& segment) {
        return segment.first_sequence > segment_.first_sequence;
    });
    if (next == segments.end() || !open_segment(*next)) {
        used_ = buffer_.size();
        return 0;
    }
    expected_ = next->first_sequence;
    return expected_ > before ? expected_ - before : 0;
}

}  // namespace server::pool

#include "server/pool/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <utility>

#include "server/log.h"

namespace server::pool {
namespace {

std::error_code last_error() { return {errno, std::generic_category()}; }

std::string key_of(UserKind kind, std::string_view user, std::string_view worker_name) {
    std::string key;
    key.reserve(user.size() + worker_name.size() + 2);
    key += static_cast<char>(kind);
    key += user;
    key += '\0';  // in no user name: addresses and registered names are printable
    key += worker_name;
    return key;
}

}  // namespace

JournalWriter::JournalWriter(std::filesystem::path shard_folder, unsigned shard, JournalWriterOptions options)
    : shard_folder_(std::move(shard_folder)), shard_(shard), options_(options) {}

std::uint32_t JournalWriter::define_worker(UserKind kind, std::string_view user,
                                           std::string_view worker_name) {
    if (user.empty() || user.size() > user_bytes_max || worker_name.size() > worker_name_bytes_max) return 0;
    auto key = key_of(kind, user, worker_name);
    if (const auto known = worker_numbers_.find(key); known != worker_numbers_.end()) {
        ++workers_.at(known->second).users;
        return known->second;
    }
    if (newest_worker_.worker == std::numeric_limits<std::uint32_t>::max() || !make_room_for_worker())
        return 0;
    newest_worker_ = {newest_worker_.worker + 1, kind, std::string(user), std::string(worker_name)};
    const auto number = newest_worker_.worker;
    workers_.emplace(number, Worker{newest_worker_, 1, 0});
    worker_numbers_.emplace(std::move(key), number);
    return number;
}

const WorkerRecord* JournalWriter::worker(std::uint32_t worker) const {
    const auto known = workers_.find(worker);
    return known == workers_.end() ? nullptr : &known->second.record;
}

void JournalWriter::retire_worker(std::uint32_t worker) {
    const auto found = workers_.find(worker);
    STRATUM_ENSURE(found != workers_.end() && found->second.users > 0);
    --found->second.users;
}

// Names that nobody uses are dropped all at once: rare, and each costs its share of one sweep.
bool JournalWriter::make_room_for_worker() {
    if (workers_.size() < options_.workers_max) return true;
    std::erase_if(workers_, [](const auto& entry) { return entry.second.users == 0; });
    std::erase_if(worker_numbers_, [this](const auto& entry) { return !workers_.contains(entry.second); });
    return workers_.size() < options_.workers_max;
}

void JournalWriter::remember(const WorkerRecord& worker) {
    if (worker.worker >= newest_worker_.worker) newest_worker_ = worker;
    if (workers_.size() >= options_.workers_max) return;
    if (worker_numbers_.emplace(key_of(worker.user_kind, worker.user, worker.worker_name), worker.worker)
            .second)
        workers_.emplace(worker.worker, Worker{worker, 0, 0});
}

bool JournalWriter::define_job(JobRecord job) {
    stratum::Bytes trial;
    if (encode(job, 1, trial) == 0) return false;
    const auto number = job.job;
    last_job_ = nullptr;
    return jobs_.emplace(number, Job{std::move(job), 0}).second;
}

void JournalWriter::retire_job(std::uint64_t job) {
    last_job_ = nullptr;
    jobs_.erase(job);
}

void JournalWriter::append(const Record& record) {
    const auto frames = encode(record, next_sequence_, buffer_);
    STRATUM_ENSURE(frames > 0);
    next_sequence_ += frames;
}

void JournalWriter::define_newest_worker() {
    if (newest_defined_ == definitions_) return;
    newest_defined_ = definitions_;
    if (newest_worker_.worker == 0) return;
    if (const auto found = workers_.find(newest_worker_.worker); found != workers_.end()) {
        if (found->second.batch == definitions_) return;
        found->second.batch = definitions_;
    }
    append(newest_worker_);
}

void JournalWriter::define_in_segment(std::uint32_t number) {
    const auto found = workers_.find(number);
    STRATUM_ENSURE(found != workers_.end());
    auto& worker = found->second;
    if (worker.batch == definitions_) return;
    worker.batch = definitions_;
    append(worker.record);
}

JournalWriter::Job* JournalWriter::find_job(std::uint64_t job) {
    if (last_job_ != nullptr && last_job_->record.job == job) return last_job_;
    const auto found = jobs_.find(job);
    return found == jobs_.end() ? nullptr : last_job_ = &found->second;
}

void JournalWriter::define_in_segment(Job& job) {
    if (job.batch == definitions_) return;
    job.batch = definitions_;
    append(job.record);
}

std::uint64_t JournalWriter::append_share(const ShareRecord& share) {
    define_newest_worker();
    define_in_segment(share.worker);
    auto* job = find_job(share.job);
    STRATUM_ENSURE(job != nullptr);
    define_in_segment(*job);
    const auto start = buffer_.size();
    buffer_.resize(start + frame_bytes);
    encode_share(share, next_sequence_, buffer_.data() + start);
    return next_sequence_++;
}

void JournalWriter::append_block(const BlockRecord& block) {
    define_newest_worker();
    if (block.worker != 0) define_in_segment(block.worker);
    if (auto* job = find_job(block.job); job != nullptr) define_in_segment(*job);
    append(block);
}

void JournalWriter::forget_batch() {
    buffer_.clear();
    next_sequence_ = written_.load(std::memory_order_relaxed) + 1;
    ++definitions_;
}

std::error_code JournalWriter::flush() {
    if (buffer_.empty()) return {};
    const int descriptor = file_->file.descriptor();
    if (sync_failed()) {
        // What the disk holds is unknown after a failed fdatasync: take no more until a restart has read it
        // back.
        forget_batch();
        return std::make_error_code(std::errc::io_error);
    }
    if (tail_is_torn_ && ::ftruncate(descriptor, static_cast<off_t>(file_bytes_)) != 0) {
        const auto error = last_error();
        forget_batch();
        return error;
    }
    tail_is_torn_ = false;
    for (std::size_t done = 0; done < buffer_.size();) {
        const auto wrote = ::pwrite(descriptor, buffer_.data() + done, buffer_.size() - done,
                                    static_cast<off_t>(file_bytes_ + done));
        if (wrote > 0) {
            done += static_cast<std::size_t>(wrote);
        } else if (wrote == 0 || errno != EINTR) {
            const auto error =
                wrote == 0 ? std::make_error_code(std::errc::no_space_on_device) : last_error();
            tail_is_torn_ = ::ftruncate(descriptor, static_cast<off_t>(file_bytes_)) != 0;
            forget_batch();
            log::error("journal_write_failed", {{"file", file_->path.string()}, {"error", error.message()}});
            return error;
        }
    }
    file_bytes_ += buffer_.size();
    buffer_.clear();
    written_.store(next_sequence_ - 1, std::memory_order_release);
    if (file_bytes_ >= options_.segment_bytes) {
        // The old segment goes on when no new one can be made; the next flush tries again.
        if (const auto error = start_segment(next_sequence_); error)
            log::warn("journal_rotation_failed", {{"shard", shard_}, {"error", error.message()}});
    }
    return {};
}

std::error_code JournalWriter::start_segment(std::uint64_t first_sequence) {
    const auto path = segment_path(shard_folder_, first_sequence);
    auto fresh = std::make_shared<const SyncFile>(
        SyncFile{File(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640)), path});
    if (!fresh->file.is_open()) return last_error();
    if (!new_files_.push(fresh)) {
        ::unlink(path.c_str());
        return std::make_error_code(std::errc::device_or_resource_busy);
    }
    file_ = std::move(fresh);
    file_bytes_ = 0;
    tail_is_torn_ = false;
    ++definitions_;
    return {};
}

std::error_code JournalWriter::continue_after(std::uint64_t sequence) {
    STRATUM_ENSURE(buffer_.empty());
    if (sequence <= written_sequence()) return {};
    log::error(
        "journal_behind_database",
        {{"shard", shard_}, {"journal_sequence", written_sequence()}, {"database_sequence", sequence}});
    if (const auto error = start_segment(sequence + 1); error) return error;
    next_sequence_ = sequence + 1;
    written_.store(sequence, std::memory_order_release);
    synced_.store(sequence, std::memory_order_release);
    return {};
}

}  // namespace server::pool

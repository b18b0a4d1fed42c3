#include "server/pool/journal_sync.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "server/log.h"

namespace server::pool {

JournalSync::JournalSync(std::vector<JournalWriter*> writers, std::chrono::milliseconds interval)
    : interval_(std::max(interval, std::chrono::milliseconds(1))) {
    for (auto* writer : writers) shards_.push_back({writer, {}, 0});
}

JournalSync::~JournalSync() { stop(); }

void JournalSync::start() {
    thread_ = std::thread([this] {
        ::pthread_setname_np(::pthread_self(), "journal-sync");
        run();
    });
}

void JournalSync::stop() {
    requests_.close();
    if (thread_.joinable()) thread_.join();
}

bool JournalSync::request(unsigned shard, Done done) { return requests_.push({shard, std::move(done)}); }

std::chrono::microseconds JournalSync::take_slowest_round() {
    return std::chrono::microseconds(slowest_round_us_.exchange(0));
}

void JournalSync::run() {
    while (true) {
        // A request ends the wait; so does the interval.
        auto waiting = requests_.take_all(interval_);
        const bool last = requests_.closed();
        if (last)
            for (auto& request : requests_.take_all(std::chrono::milliseconds(0)))
                waiting.push_back(std::move(request));
        round();
        for (const auto& request : waiting) {
            const auto asked = std::find_if(shards_.begin(), shards_.end(), [&request](const Shard& shard) {
                return shard.writer->shard() == request.shard;
            });
            request.done(asked != shards_.end() && !asked->writer->sync_failed());
        }
        if (last) return;
    }
}

void JournalSync::round() {
    const auto began = std::chrono::steady_clock::now();
    bool worked = false;
    for (auto& shard : shards_) worked = sync(shard) || worked;
    if (!worked) return;
    const auto took = std::chrono::steady_clock::now() - began;
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
    if (us > slowest_round_us_.load()) slowest_round_us_ = us;
}

// True when there was something to do.
bool JournalSync::sync(Shard& shard) {
    auto& writer = *shard.writer;
    // Read first: every file that holds a frame up to here was pushed before.
    const auto written = writer.written_sequence();
    for (auto& file : writer.new_files_.take_all(std::chrono::milliseconds(0)))
        shard.files.push_back(std::move(file));
    if (written == writer.synced_sequence() || writer.sync_failed()) return false;
    int error = 0;
    if (shard.named < shard.files.size()) {
        error = sync_folder(writer.shard_folder());
        shard.named = shard.files.size();
    }
    for (const auto& file : shard.files)
        if (error == 0 && ::fdatasync(file->file.descriptor()) != 0) error = errno;
    STRATUM_ENSURE(!shard.files.empty());
    if (error != 0) {
        writer.sync_failed_.store(true, std::memory_order_release);
        log::error("journal_sync_failed", {{"shard", writer.shard()},
                                           {"error", std::strerror(error)},
                                           {"remedy", "check the disk, then restart"}});
        return true;
    }
    shard.files.erase(shard.files.begin(), shard.files.end() - 1);
    shard.named = 1;
    writer.synced_.store(written, std::memory_order_release);
    return true;
}

}  // namespace server::pool

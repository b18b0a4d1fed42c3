#include "server/pool/journal_source.h"

#include <algorithm>

#include "server/log.h"

namespace server::pool {

void JournalSource::start_after(std::uint64_t sequence) {
    start_ = sequence;
    reader_.emplace(writer_.shard_folder(), sequence + 1);
}

bool JournalSource::read(std::size_t records_max, std::vector<SourceRecord>& out) {
    const auto limit = writer_.synced_sequence();
    JournalEntry entry;
    for (std::size_t records = 0; records < records_max;) {
        switch (reader_->next(limit, entry)) {
            case JournalReader::State::record:
                out.push_back({entry.last, std::move(entry.record)});
                ++records;
                break;
            case JournalReader::State::end:
                return false;
            case JournalReader::State::fault:
                if (!pass_fault()) return false;
                break;
        }
    }
    return true;
}

// False when nothing can be passed over: the same place is tried again with the next read.
bool JournalSource::pass_fault() {
    const auto fault = reader_->fault();
    const auto passed = reader_->skip_fault();
    log::error("journal_fault",
               {{"shard", writer_.shard()}, {"fault", explain(fault)}, {"sequences_passed", passed}});
    if (passed > 0) return true;
    reader_.emplace(writer_.shard_folder(), std::max(start_ + 1, fault.sequence));
    return false;
}

std::uint64_t JournalSource::position() const {
    return reader_ ? std::max(start_, reader_->position() - 1) : start_;
}

void JournalSource::imported_through(std::uint64_t sequence) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_deletion_) return;
    next_deletion_ = now + std::chrono::minutes(1);
    delete_segments_before(writer_.shard_folder(), sequence, keep_);
}

}  // namespace server::pool

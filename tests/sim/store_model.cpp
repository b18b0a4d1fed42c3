#include "tests/sim/store_model.h"

#include "server/pool/journal_reader.h"
#include "tests/sim/require.h"

namespace sim {

using namespace server::pool;

StoreModel::Batch StoreModel::read(const JournalWriter& journal, std::size_t records_max) const {
    Batch batch;
    batch.position = position_;
    JournalReader reader(journal.shard_folder(), position_ + 1);
    std::set<std::uint64_t> jobs;
    std::map<std::uint32_t, std::string> workers;
    JournalEntry entry;
    while (records_max > 0) {
        const auto state = reader.next(journal.written_sequence(), entry);
        require(state != JournalReader::State::fault, "the journal reads without fault");
        if (state == JournalReader::State::end) break;
        if (const auto* job = std::get_if<JobRecord>(&entry.record)) jobs.insert(job->job);
        if (const auto* worker = std::get_if<WorkerRecord>(&entry.record))
            workers.insert_or_assign(worker->worker, worker->user + "." + worker->worker_name);
        if (const auto* share = std::get_if<ShareRecord>(&entry.record)) {
            require(jobs.contains(share->job) && workers.contains(share->worker),
                    "a share's job and worker stand ahead of it in its segment");
            batch.shares.emplace_back(share->hash, Credit{share->target, workers.at(share->worker)});
        }
        if (const auto* block = std::get_if<BlockRecord>(&entry.record)) batch.blocks.push_back(block->hash);
        if (entry.last <= position_) continue;  // a definition read again
        require(entry.sequence > batch.position, "sequences rise");
        batch.position = entry.last;
        --records_max;
    }
    return batch;
}

void StoreModel::commit(const Batch& batch) {
    for (const auto& [hash, credit] : batch.shares)
        require(shares_.emplace(hash, credit).second, "no share is imported twice");
    blocks_.insert(batch.blocks.begin(), batch.blocks.end());
    position_ = batch.position;
}

void StoreModel::import(const JournalWriter& journal) {
    if (away_) return;
    const auto batch = read(journal, 1 + random_() % 200);
    if (one_in(random_, 4))
        ++aborts_;  // the whole transaction is gone, its position too
    else
        commit(batch);
    if (one_in(random_, 4))
        delete_segments_before(journal.shard_folder(), position_ + 1, {2, std::chrono::hours(0)});
}

void StoreModel::import_all(const JournalWriter& journal) {
    for (;;) {
        const auto batch = read(journal, 1000);
        if (batch.position == position_) return;
        commit(batch);
    }
}

}  // namespace sim

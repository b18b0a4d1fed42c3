#pragma once
// Turns journal records into what the store imports. Knows which worker and job a journal's numbers stand
// for, and keeps the open slice. Importer thread; no I/O. A batch is made on a copy of the slice builder:
// commit() keeps it, and not calling it forgets the batch.

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "server/pool/journal_record.h"
#include "server/pool/slice_builder.h"
#include "server/store/import.h"

namespace server::pool {

// A record in its place among those of all shards.
struct MergedRecord {
    std::uint16_t shard = 0;
    std::uint64_t last = 0;
    Record record;
};

struct Definitions {
    struct Worker {
        std::uint16_t shard = 0;
        std::uint32_t number = 0;
    };
    std::vector<Worker> worker_numbers;  // beside `workers`
    std::vector<store::WorkerDefinition> workers;
    std::vector<store::JobDefinition> jobs;
};

class BatchMaker {
  public:
    BatchMaker() = default;
    // Where the database stands. `rule` is the version in force.
    void begin(std::int16_t pool_node, std::uint64_t journal, std::int32_t rule,
               const store::ImportState& state, const std::vector<store::OpenShare>& open_shares);

    // Workers and jobs that these records define or need and that are not known yet. To be written to the
    // database before make().
    [[nodiscard]] Definitions missing(const std::vector<MergedRecord>& records) const;
    void know(const Definitions& definitions, const std::vector<store::WorkerIds>& ids);
    // Too many names: begin() again and have the journal repeat those in use.
    [[nodiscard]] bool crowded() const { return workers_.size() > workers_max; }

    // Shares and blocks only; the caller fills in `progress`. Records whose worker or job nobody defined are
    // counted in unusable().
    [[nodiscard]] store::ImportBatch make(const std::vector<MergedRecord>& records);
    void commit();

    [[nodiscard]] std::uint64_t unusable() const { return unusable_; }
    [[nodiscard]] std::int64_t next_position() const { return next_position_; }

  private:
    // 100 bytes each; the journal itself remembers no more than 2^18 a shard at a time.
    static constexpr std::size_t workers_max = 1 << 21;
    static constexpr std::size_t jobs_max = 20'000;

    struct Worker {
        store::WorkerIds ids;
        stratum::Hash256 account;
    };
    struct Job {
        SliceKey key;
        NetworkFacts network;
    };
    static std::uint64_t key_of(std::uint16_t shard, std::uint32_t number) {
        return static_cast<std::uint64_t>(shard) << 32 | number;
    }
    [[nodiscard]] const Job* find_job(std::uint64_t job);
    [[nodiscard]] stratum::Uint256 work_of(const stratum::Uint256& target);
    void add_share(const MergedRecord& from, const ShareRecord& share, store::ImportBatch& batch);
    void add_block(const MergedRecord& from, const BlockRecord& block, store::ImportBatch& batch);
    void add_interval(const ShareRecord& share, std::int32_t worker, const stratum::Uint256& work);
    void forget_old_jobs();

    std::int16_t pool_node_ = 0;
    std::uint64_t journal_ = 0;
    std::int32_t rule_ = 0;
    std::int64_t next_position_ = 1;
    std::int64_t made_position_ = 1;  // next_position_ once the batch being made is committed
    SliceBuilder slices_;
    SliceBuilder made_slices_;
    std::unordered_map<std::uint64_t, Worker> workers_;
    std::map<std::uint64_t, Job> jobs_;
    // Nearly all shares are for the job of the share before.
    std::uint64_t last_job_number_ = 0;
    const Job* last_job_ = nullptr;
    // Targets are few (vardiff's steps); a division of 256-bit numbers costs more than the rest of a share.
    struct WorkOfTarget {
        stratum::Uint256 target;
        stratum::Uint256 work;
    };
    std::vector<WorkOfTarget> works_ = std::vector<WorkOfTarget>(256);
    std::unordered_map<std::uint64_t, store::IntervalSum> intervals_;
    std::uint64_t unusable_ = 0;
};

}  // namespace server::pool

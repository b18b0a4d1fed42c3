#include "server/pool/batch_maker.h"

#include <algorithm>
#include <set>

#include "stratum/sha256.h"
#include "stratum/target.h"
#include "stratum/template.h"

namespace server::pool {

namespace {

// Names come from miners. PostgreSQL refuses zero bytes and broken UTF-8, and one bad name must not stop the
// import: control characters and bytes outside well-formed UTF-8 (Unicode 15, table 3-7, without surrogates)
// become '?'.
std::string cleaned(std::string text) {
    const auto byte = [&](std::size_t i) {
        return static_cast<unsigned char>(i < text.size() ? text[i] : 0);
    };
    const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
    for (std::size_t i = 0; i < text.size();) {
        const unsigned lead = byte(i);
        std::size_t bytes = 0;
        if (lead >= 0x20 && lead < 0x7F) bytes = 1;
        if (lead >= 0xC2 && lead <= 0xDF && continues(i + 1)) bytes = 2;
        if ((lead & 0xF0) == 0xE0 && continues(i + 1) && continues(i + 2) &&
            (lead != 0xE0 || byte(i + 1) >= 0xA0) && (lead != 0xED || byte(i + 1) < 0xA0))
            bytes = 3;
        if (lead >= 0xF0 && lead <= 0xF4 && continues(i + 1) && continues(i + 2) && continues(i + 3) &&
            (lead != 0xF0 || byte(i + 1) >= 0x90) && (lead != 0xF4 || byte(i + 1) < 0x90))
            bytes = 4;
        if (bytes == 0) text[i] = '?';
        i += std::max<std::size_t>(bytes, 1);
    }
    return text;
}

store::WorkerDefinition definition_of(const WorkerRecord& worker) {
    const auto kind =
        worker.user_kind == UserKind::address ? store::UserKind::address : store::UserKind::name;
    auto user = cleaned(worker.user);
    if (user.empty()) user = "?";
    return {kind, std::move(user), cleaned(worker.worker_name)};
}

store::Chain chain_of(std::uint8_t coin, std::uint8_t algorithm) {
    return {stratum::name_of(static_cast<stratum::Coin>(coin)),
            stratum::name_of(static_cast<stratum::Algorithm>(algorithm))};
}

store::JobDefinition definition_of(const JobRecord& job) {
    store::JobDefinition out{job.job,
                             chain_of(job.coin, job.algorithm),
                             job.issued_at_us,
                             job.height,
                             job.version,
                             job.nbits,
                             job.time,
                             std::max<std::int64_t>(job.coinbase_value_sats, 0),
                             std::max<std::int64_t>(job.fees_sats, 0),
                             job.previous,
                             job.coinbase_prefix,
                             job.coinbase_suffix,
                             {}};
    out.merkle_branches.reserve(32 * job.merkle_branches.size());
    for (const auto& branch : job.merkle_branches)
        out.merkle_branches.insert(out.merkle_branches.end(), branch.bytes.begin(), branch.bytes.end());
    return out;
}

// A block whose job is not in the journal any more still stands, with what the block record knows of the job.
store::JobDefinition definition_of(const BlockRecord& block) {
    store::JobDefinition out;
    out.job = block.job;
    out.issued_at_us = block.job_issued_at_us;
    out.height = block.height;
    out.nbits = block.nbits;
    out.coinbase_value_sats = std::max<std::int64_t>(block.coinbase_value_sats, 0);
    out.fees_sats = std::max<std::int64_t>(block.fees_sats, 0);
    out.previous = block.previous;
    return out;
}

}  // namespace

void BatchMaker::begin(std::int16_t pool_node, std::uint64_t journal, std::int32_t rule,
                       const store::ImportState& state, const std::vector<store::OpenShare>& open_shares) {
    pool_node_ = pool_node;
    journal_ = journal;
    rule_ = rule;
    next_position_ = state.next_position;
    slices_ = SliceBuilder(state);
    workers_.clear();
    jobs_.clear();
    last_job_ = nullptr;
    std::unordered_map<std::int32_t, stratum::Hash256> accounts;
    for (const auto& share : open_shares) {
        const auto network = network_facts_of(share.nbits);
        if (!network) continue;
        auto [account, fresh] = accounts.try_emplace(share.user);
        if (fresh) account->second = stratum::sha256(stratum::view_of(share.user_name));
        slices_.restore(
            {share.chain, share.nbits, state.open_rule != 0 ? state.open_rule : rule}, *network,
            {share.position, share.received_at_us, share.user, account->second, share.work, share.hash});
    }
}

Definitions BatchMaker::missing(const std::vector<MergedRecord>& records) const {
    Definitions missing;
    std::set<std::uint64_t> workers;
    std::set<std::uint64_t> jobs;
    for (const auto& [shard, last, record] : records) {
        if (const auto* worker = std::get_if<WorkerRecord>(&record)) {
            const auto key = key_of(shard, worker->worker);
            if (workers_.contains(key) || !workers.insert(key).second) continue;
            missing.worker_numbers.push_back({shard, worker->worker});
            missing.workers.push_back(definition_of(*worker));
        } else if (const auto* job = std::get_if<JobRecord>(&record)) {
            if (jobs_.contains(job->job) || !jobs.insert(job->job).second) continue;
            missing.jobs.push_back(definition_of(*job));
        } else if (const auto* block = std::get_if<BlockRecord>(&record)) {
            if (jobs_.contains(block->job) || !jobs.insert(block->job).second) continue;
            missing.jobs.push_back(definition_of(*block));
        }
    }
    return missing;
}

void BatchMaker::know(const Definitions& definitions, const std::vector<store::WorkerIds>& ids) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto& number = definitions.worker_numbers[i];
        workers_[key_of(number.shard, number.number)] = {
            ids[i], stratum::sha256(stratum::view_of(definitions.workers[i].user))};
    }
    for (const auto& job : definitions.jobs)
        if (const auto network = network_facts_of(job.nbits))
            jobs_[job.job] = {{job.chain, job.nbits, rule_}, *network};
    forget_old_jobs();
}

void BatchMaker::forget_old_jobs() {
    // Numbers rise with time; a share comes minutes after its job at most.
    while (jobs_.size() > jobs_max) jobs_.erase(jobs_.begin());
    last_job_ = nullptr;
}

const BatchMaker::Job* BatchMaker::find_job(std::uint64_t job) {
    if (last_job_ != nullptr && last_job_number_ == job) return last_job_;
    const auto found = jobs_.find(job);
    if (found == jobs_.end()) return nullptr;
    last_job_number_ = job;
    return last_job_ = &found->second;
}

stratum::Uint256 BatchMaker::work_of(const stratum::Uint256& target) {
    const auto mixed =
        (target.limb(0) ^ target.limb(1) ^ target.limb(2) ^ target.limb(3)) * 0x9E3779B97F4A7C15ULL;
    auto& entry = works_[mixed >> 56];
    if (entry.work.is_zero() || entry.target != target) entry = {target, stratum::work_of_target(target)};
    return entry.work;
}

store::ImportBatch BatchMaker::make(const std::vector<MergedRecord>& records) {
    store::ImportBatch batch;
    batch.pool_node = pool_node_;
    batch.journal = journal_;
    batch.rule = rule_;
    batch.first_position = next_position_;
    batch.shares.reserve(records.size());
    made_position_ = next_position_;
    made_slices_ = slices_;
    intervals_.clear();
    for (const auto& record : records) {
        if (const auto* share = std::get_if<ShareRecord>(&record.record))
            add_share(record, *share, batch);
        else if (const auto* block = std::get_if<BlockRecord>(&record.record))
            add_block(record, *block, batch);
    }
    batch.intervals.reserve(intervals_.size());
    for (auto& [key, sum] : intervals_) batch.intervals.push_back(sum);
    for (auto& [chain, totals] : batch.totals) totals = made_slices_.totals(chain);
    return batch;
}

void BatchMaker::commit() {
    slices_ = std::move(made_slices_);
    next_position_ = made_position_;
}

void BatchMaker::add_share(const MergedRecord& from, const ShareRecord& share, store::ImportBatch& batch) {
    const auto worker = workers_.find(key_of(from.shard, share.worker));
    const auto* job = find_job(share.job);
    if (worker == workers_.end() || job == nullptr) {
        ++unusable_;
        return;
    }
    auto& out = batch.shares.emplace_back();
    out.sequence = from.last;
    out.received_at_us = share.received_at_us;
    out.job = share.job;
    out.worker = worker->second.ids.worker;
    out.shard = from.shard;
    out.work = work_of(share.target);
    out.hash = share.hash;
    stratum::store_le32(out.proof.data(), share.version);
    stratum::store_le32(out.proof.data() + 4, share.ntime);
    stratum::store_le32(out.proof.data() + 8, share.nonce);
    out.proof[12] = share.prefix_bytes;
    const std::size_t extranonce =
        std::min<std::size_t>(std::size_t{share.prefix_bytes} + share.rest_bytes, 32);
    std::copy_n(share.extranonce.begin(), extranonce, out.proof.begin() + 13);
    out.proof_bytes = static_cast<std::uint8_t>(13 + extranonce);
    made_slices_.add(job->key, job->network,
                     {made_position_++, share.received_at_us, worker->second.ids.user, worker->second.account,
                      out.work, share.hash},
                     batch.slices);
    batch.totals.try_emplace(job->key.chain);
    add_interval(share, out.worker, out.work);
}

void BatchMaker::add_interval(const ShareRecord& share, std::int32_t worker, const stratum::Uint256& work) {
    const auto bucket = static_cast<std::int32_t>(share.received_at_us / 1'000'000 / store::interval_s);
    const auto key = static_cast<std::uint64_t>(static_cast<std::uint32_t>(bucket)) << 32 |
                     static_cast<std::uint32_t>(worker);
    auto& sum = intervals_[key];
    sum.bucket = bucket;
    sum.worker = worker;
    ++sum.shares;
    sum.work = sum.work + work;
}

void BatchMaker::add_block(const MergedRecord& from, const BlockRecord& block, store::ImportBatch& batch) {
    const auto* job = find_job(block.job);
    if (job == nullptr) {
        ++unusable_;
        return;
    }
    store::ImportedBlock out;
    out.chain = job->key.chain;
    out.hash = block.hash;
    out.previous = block.previous;
    out.height = block.height;
    out.nbits = block.nbits;
    out.network_work = job->network.network_work;
    out.coinbase_value_sats = std::max<std::int64_t>(block.coinbase_value_sats, 0);
    out.fees_sats = std::max<std::int64_t>(block.fees_sats, 0);
    out.job = block.job;
    const auto finder = workers_.find(key_of(from.shard, block.worker));
    if (finder != workers_.end()) out.finder = finder->second.ids.worker;
    out.rule = rule_;
    out.found_at_us = block.found_at_us;
    out.job_issued_at_us = block.job_issued_at_us;
    out.position = made_position_;
    out.total_weight = made_slices_.totals(out.chain).weight;
    batch.blocks.push_back(std::move(out));
}

}  // namespace server::pool

#include "server/pool/share_settler.h"

#include <algorithm>
#include <cstring>

#include "server/log.h"
#include "stratum/merkle.h"

namespace server::pool {
namespace {

constexpr std::size_t no_input = ~std::size_t{0};

}  // namespace

void ShareSettler::settle(Instant now, std::int64_t now_us) {
    if (batch_.empty()) return;
    judge_all(now);
    journal_all(now_us);
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        const auto& verdict = verdicts_[i];
        if (verdict.reject) {
            count_reject(batch_[i], *verdict.reject);
        } else {
            if (verdict.credited_target != last_target_) {
                last_target_ = verdict.credited_target;
                last_work_ = work_of_target(last_target_).approximate();
            }
            metrics_.shares_accepted.add();
            metrics_.work_hashes.add(last_work_);
        }
        batch_[i].session->settle(batch_[i], verdict, now);
    }
    batch_.clear();
}

void ShareSettler::count_reject(const stratum::PendingShare& share, stratum::RejectReason reason) {
    metrics_.rejects[static_cast<std::size_t>(reason)].add();
    const auto worker = rejects_.size() < reject_counts_max ? share.worker : 0;
    ++rejects_[{worker, reason}];
}

std::vector<RejectNews> ShareSettler::take_rejects() {
    std::vector<RejectNews> out;
    for (const auto& [key, count] : std::exchange(rejects_, {})) {
        const auto* worker = journal_.worker(key.first);
        if (worker == nullptr)
            out.push_back({false, UserKind::address, {}, {}, key.second, count});
        else
            out.push_back({true, worker->user_kind, worker->user, worker->worker_name, key.second, count});
    }
    return out;
}

void ShareSettler::judge_all(Instant now) {
    inputs_.clear();
    input_of_.clear();
    verdicts_.clear();
    for (const auto& share : batch_) {
        const bool hashable = share.examined.input.job != nullptr;
        input_of_.push_back(hashable ? inputs_.size() : no_input);
        if (hashable) inputs_.push_back(share.examined.input);
    }
    hashes_.resize(inputs_.size());
    hash_headers(inputs_, hashes_);
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        auto* channel = batch_[i].session->channel_of(batch_[i]);
        if (channel == nullptr || input_of_[i] == no_input) {
            verdicts_.push_back({batch_[i].examined.refused, false, {}});
            continue;
        }
        verdicts_.push_back(channel->judge(batch_[i].examined, hashes_[input_of_[i]], now));
    }
}

void ShareSettler::journal_all(std::int64_t now_us) {
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        auto& verdict = verdicts_[i];
        if (verdict.reject && !verdict.block) continue;
        const auto& hash = hashes_[input_of_[i]];
        if (verdict.block) hand_over_block(batch_[i], hash, now_us);
        if (verdict.reject) continue;
        if (define_job(*batch_[i].examined.input.job))
            journal_share(batch_[i], verdict, hash, now_us);
        else
            verdict.reject = stratum::RejectReason::journal_unavailable;
    }
    if (journal_.buffered_bytes() == 0) return;
    const auto error = journal_.flush();
    if (error) {
        if (journal_works())
            log::error("journal_write_failed",
                       {{"shard", journal_.shard()},
                        {"folder", journal_.shard_folder().string()},
                        {"error", error.message()},
                        {"remedy", "free space or mend the disk; shares are refused until then"}});
        for (auto& verdict : verdicts_)
            if (!verdict.reject) verdict.reject = stratum::RejectReason::journal_unavailable;
    } else if (!journal_works()) {
        log::info("journal_write_recovered", {{"shard", journal_.shard()}});
    }
    journal_works_.store(!error, std::memory_order_relaxed);
}

void ShareSettler::journal_share(const stratum::PendingShare& share, const stratum::Verdict& verdict,
                                 const stratum::Hash256& hash, std::int64_t now_us) {
    const auto& input = share.examined.input;
    ShareRecord record;
    record.received_at_us = now_us;
    record.job = input.job->id();
    record.worker = share.worker;
    record.ntime = input.ntime;
    record.nonce = input.nonce;
    record.version = input.version;
    record.prefix_bytes = stratum::prefix_bytes;
    record.rest_bytes = static_cast<std::uint8_t>(input.extranonce_size -
                                                  stratum::prefix_bytes);  // zeros of a short rest counted
    record.flags = verdict.block ? share_flag_block : std::uint16_t{0};
    record.extranonce = input.extranonce;
    record.target = verdict.credited_target;
    record.hash = hash;
    journal_.append_share(record);
}

// To disk and to the nodes first; what the books make of it comes from the journal and the chain.
void ShareSettler::hand_over_block(const stratum::PendingShare& share, const stratum::Hash256& hash,
                                   std::int64_t now_us) {
    const auto& input = share.examined.input;
    const auto& work = input.job->work();
    node::BlockCandidate candidate;
    candidate.hash = hash;
    candidate.coinbase = coinbase_of(input);
    candidate.header = header_of(
        input, merkle_root_from_branches(stratum::sha256d(candidate.coinbase), work.merkle_branches));
    candidate.work = input.job->work_pointer();
    candidate.found_at_us = now_us;
    on_block_(std::move(candidate));
    metrics_.blocks_found.add();

    BlockRecord record;
    record.found_at_us = now_us;
    record.job = input.job->id();
    record.worker = share.worker;
    record.height = work.height;
    record.nbits = work.nbits;
    record.coinbase_value_sats = work.coinbase_value_sats;
    record.fees_sats = work.fees_sats;
    record.job_issued_at_us = issued_at_us(work);
    record.hash = hash;
    record.previous = work.previous;
    if (define_job(*input.job)) journal_.append_block(record);
}

bool ShareSettler::define_job(const stratum::Job& job) {
    if (job.id() == last_job_) return true;
    if (!defined_jobs_.contains(job.id())) {
        const auto& work = job.work();
        JobRecord record;
        record.job = job.id();
        record.issued_at_us = issued_at_us(work);
        record.coin = static_cast<std::uint8_t>(work.coin);
        record.algorithm = static_cast<std::uint8_t>(work.algorithm);
        record.height = work.height;
        record.version = job.version();
        record.nbits = work.nbits;
        record.time = work.time;
        record.coinbase_value_sats = work.coinbase_value_sats;
        record.fees_sats = work.fees_sats;
        record.previous = work.previous;
        record.coinbase_prefix = job.coinbase().prefix;
        record.coinbase_suffix = job.coinbase().suffix;
        record.merkle_branches = work.merkle_branches;
        if (!journal_.define_job(std::move(record))) return false;
        defined_jobs_.insert(job.id());
    }
    last_job_ = job.id();
    return true;
}

std::int64_t ShareSettler::issued_at_us(const stratum::Template& work) const {
    if (work.declared_at_us != 0) return work.declared_at_us;
    const auto it = std::find_if(issued_.rbegin(), issued_.rend(),
                                 [&work](const auto& entry) { return entry.first == work.number; });
    return it == issued_.rend() ? 0 : it->second;
}

void ShareSettler::on_template(std::uint64_t number, std::int64_t now_us) {
    issued_.emplace_back(number, now_us);
    if (issued_.size() > stratum::templates_kept_max + 1) issued_.erase(issued_.begin());
}

void ShareSettler::retire_jobs(const std::vector<std::uint64_t>& jobs) {
    for (const auto job : jobs) {
        if (defined_jobs_.erase(job) != 0) journal_.retire_job(job);
        if (last_job_ == job) last_job_ = 0;
    }
}

}  // namespace server::pool

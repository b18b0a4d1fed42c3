#include "stratum/channel.h"

#include <algorithm>
#include <cstring>

namespace stratum {

const Uint256 Channel::no_target_{};

Channel::Channel(Prefix prefix, std::uint8_t rest_bytes, std::size_t extranonce_bytes)
    : prefix_(prefix),
      rest_bytes_(rest_bytes),
      extranonce_bytes_(static_cast<std::uint8_t>(extranonce_bytes)) {
    STRATUM_ENSURE(extranonce_bytes <= extranonce_bytes_max && rest_bytes <= rest_bytes_max &&
                   prefix_bytes + rest_bytes <= extranonce_bytes);
}

Bytes Channel::extranonce_head() const {
    const auto prefix = bytes_of(prefix_);
    Bytes out(prefix.begin(), prefix.end());
    out.resize(extranonce_bytes_ - rest_bytes_);
    return out;
}

void Channel::set_difficulty(Difficulty difficulty, Instant now) {
    const auto target = difficulty.target();
    if (!targets_.empty() && targets_.back() == target) return;
    if (targets_.size() >= issued_jobs_max) compact_targets();
    targets_.push_back(target);
    target_changed_at_ = now;
}

// Keeps only targets that an issued job still refers to, and the current one.
void Channel::compact_targets() {
    std::vector<Uint256> kept;
    for (auto& issued : issued_) {
        if (kept.empty() || kept.back() != targets_[issued.target]) kept.push_back(targets_[issued.target]);
        issued.target = static_cast<std::uint32_t>(kept.size() - 1);
    }
    if (kept.empty() || kept.back() != targets_.back()) kept.push_back(targets_.back());
    targets_ = std::move(kept);
}

void Channel::issue(const Job& job, Instant now) {
    STRATUM_ENSURE(!targets_.empty());
    if (!issued_.empty()) {
        if (issued_.back().job == job.id()) return;
        issued_.back().replaced_at = now;
    }
    Issued next{job.id(), 0, Instant::max(), nullptr};
    const auto before = std::find_if(issued_.begin(), issued_.end(),
                                     [&](const Issued& issued) { return issued.job == job.id(); });
    if (before != issued_.end()) {
        next.seen = std::move(before->seen);  // else its shares could be credited twice
        issued_.erase(before);
    } else if (issued_.size() >= issued_jobs_max) {
        issued_.erase(issued_.begin());
    }
    next.target = static_cast<std::uint32_t>(targets_.size() - 1);
    issued_.push_back(std::move(next));
    tip_ = job.work().previous;
}

std::uint8_t Channel::variant_of(std::uint64_t template_number) const {
    return active_job() >> 8 == template_number ? static_cast<std::uint8_t>(active_job() & 31)
                                                : std::uint8_t{0};
}

std::optional<std::uint8_t> Channel::next_variant(std::uint64_t template_number) const {
    if (active_job() >> 8 != template_number) return std::uint8_t{0};
    const auto next = (active_job() & 31) + 1;
    if (next >= job_variants_max) return std::nullopt;
    return static_cast<std::uint8_t>(next);
}

// Oldest first, nearly as the table forgets them: what stands behind a living one goes later.
void Channel::forget_expired(const JobTable& jobs) {
    auto alive = issued_.begin();
    while (alive != issued_.end() && alive->job != issued_.back().job && jobs.find(alive->job) == nullptr)
        ++alive;
    issued_.erase(issued_.begin(), alive);
    if (targets_.size() > 1) compact_targets();
}

const Channel::Issued* Channel::find(std::uint64_t job) const {
    for (auto it = issued_.rbegin(); it != issued_.rend(); ++it)
        if (it->job == job) return &*it;
    return nullptr;
}

Examined Channel::examine(const Submission& submission, std::uint32_t version_mask,
                          const JobTable& jobs) const {
    Examined out;
    const auto* issued = find(submission.job);
    const auto* job = issued == nullptr ? nullptr : jobs.find(submission.job);
    if (job == nullptr) {
        out.refused = RejectReason::unknown_job;
        return out;
    }
    if (submission.rest_bytes != rest_bytes_) {
        out.refused = RejectReason::extranonce_size;
        return out;
    }
    const auto& work = (*job)->work();
    const auto bits = submission.version_bits;
    if ((bits & ~(version_mask & (*job)->version_mask())) != 0) out.refused = RejectReason::version_bits;
    if (submission.ntime < work.time_min || submission.ntime > work.time + ntime_ahead_max)
        out.refused = RejectReason::ntime_out_of_range;

    const auto prefix = bytes_of(prefix_);
    auto& input = out.input;
    input.job = job->get();
    std::memcpy(input.extranonce.data(), prefix.data(), prefix.size());
    input.extranonce_size = extranonce_bytes_;
    std::memcpy(input.extranonce.data() + extranonce_bytes_ - rest_bytes_, submission.rest.data(),
                rest_bytes_);
    input.version =
        (*job)->version() ^ bits;  // no bit of the mask is set in version(): OR, XOR and replace agree
    input.ntime = submission.ntime;
    input.nonce = submission.nonce;
    return out;
}

// The job's own target; while a change is fresh, the easiest the client has been told since, so that neither
// a client that obeys at once nor one that waits for the next job is refused. Credit is for the target
// returned here, so a client gains nothing by choosing.
Uint256 Channel::target_for(const Issued& issued, Instant now) const {
    Uint256 target = targets_[issued.target];
    if (now - target_changed_at_ <= easier_target_credited_for)
        for (std::size_t i = issued.target + 1; i < targets_.size(); ++i)
            target = std::max(target, targets_[i]);
    return target;
}

Verdict Channel::judge(const Examined& examined, const Hash256& hash, Instant now) {
    Verdict verdict;
    if (examined.input.job == nullptr) {
        verdict.reject = examined.refused;
        return verdict;
    }
    const auto& job = *examined.input.job;
    verdict.block = meets(hash, job.work().network_target);
    auto* issued = const_cast<Issued*>(find(job.id()));
    if (issued == nullptr || job.work().previous != tip_ ||
        (issued->replaced_at != Instant::max() && now - issued->replaced_at > replaced_job_credited_for)) {
        verdict.reject = RejectReason::stale;
        return verdict;
    }
    if (examined.refused) {
        verdict.reject = examined.refused;
        return verdict;
    }
    auto target = target_for(*issued, now);
    // Where blocks are easier than shares (test chains) a block is a share of the work it proves: no client
    // is told that its block was refused.
    if (verdict.block && !meets(hash, target)) target = job.work().network_target;
    if (!meets(hash, target)) {
        verdict.reject = RejectReason::low_difficulty;
        return verdict;
    }
    if (!issued->seen) issued->seen = std::make_unique<Duplicates>();
    const auto result = issued->seen->insert(hash);
    if (result == Duplicates::Result::added)
        verdict.credited_target = target;
    else if (result == Duplicates::Result::seen)
        verdict.reject = RejectReason::duplicate;
    else
        verdict.reject = RejectReason::too_many_shares;
    return verdict;
}

}  // namespace stratum

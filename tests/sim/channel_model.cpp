#include "tests/sim/channel_model.h"

#include <algorithm>

#include "stratum/limits.h"

namespace sim {

using stratum::Uint256;

std::uint64_t template_of(const std::string& job) { return std::stoull(job, nullptr, 16) >> 8; }

void ChannelModel::tell_difficulty(const Uint256& target, Instant now) {
    if (told_.empty() || told_.back().target != target) told_.push_back({target, now});
}

void ChannelModel::issue(const std::string& job, const std::string& previous, const Uint256& network_target,
                         Instant now) {
    if (!jobs_.empty()) {
        if (jobs_.back().id == job) return;
        jobs_.back().replaced_at = now;
    }
    if (jobs_.size() >= stratum::issued_jobs_max) jobs_.erase(jobs_.begin());
    jobs_.push_back({job, previous, network_target, told_.size(), std::nullopt, {}});
}

void ChannelModel::forget_before(std::uint64_t template_number) {
    std::erase_if(jobs_, [&](const Job& job) { return template_of(job.id) < template_number; });
}

Prediction ChannelModel::judge(const Sent& sent, std::uint64_t oldest_template, Instant now) {
    Prediction out;
    const auto job =
        std::find_if(jobs_.begin(), jobs_.end(), [&](const Job& known) { return known.id == sent.job; });
    if (job == jobs_.end() || template_of(job->id) < oldest_template) {
        out.code = sent.worker_known ? 21 : 24;
        return out;
    }
    if (!sent.extranonce_fits) {
        out.code = sent.worker_known ? 20 : 24;
        return out;
    }
    const auto number = Uint256::from_hash(sent.hash);
    out.block = number <= job->network_target;
    const bool late = job->replaced_at && now - *job->replaced_at > stratum::replaced_job_credited_for;
    if (job->previous != jobs_.back().previous || late) {
        out.code = 21;
        return out;
    }
    if (!sent.worker_known)
        out.code = 24;
    else if (!sent.header_in_bounds)
        out.code = 20;
    if (out.code != 0) return out;

    auto target = told_[job->told - 1].target;
    if (now - told_.back().at <= stratum::easier_target_credited_for)
        for (auto i = job->told; i < told_.size(); ++i) target = std::max(target, told_[i].target);
    if (number > target)
        out.code = 23;
    else if (!job->credited.insert(sent.hash).second)
        out.code = 22;
    else
        out.target = target;
    return out;
}

}  // namespace sim

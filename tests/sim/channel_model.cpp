#include "tests/sim/channel_model.h"

#include <algorithm>

#include "stratum/limits.h"

namespace sim {

using stratum::Uint256;

void ChannelModel::tell_difficulty(const Uint256& target, Instant now) {
    if (told_.empty() || told_.back().target != target) told_.push_back({target, now});
}

void ChannelModel::issue(const JobFacts& facts, Instant now) {
    if (!jobs_.empty()) {
        if (jobs_.back().facts.id == facts.id) return;
        jobs_.back().replaced_at = now;
    }
    if (jobs_.size() >= stratum::issued_jobs_max) jobs_.erase(jobs_.begin());
    jobs_.push_back({facts, told_.size(), std::nullopt, {}});
}

void ChannelModel::forget_before(std::uint64_t template_number) {
    std::erase_if(jobs_, [&](const Job& job) {
        return &job != &jobs_.back() && job.facts.template_number < template_number;
    });
}

Prediction ChannelModel::judge(const Sent& sent, std::uint64_t oldest_template, Instant now) {
    Prediction out;
    const auto refused = [&out](Answer answer) {
        out.answer = answer;
        return out;
    };
    const auto job = std::find_if(jobs_.begin(), jobs_.end(),
                                  [&](const Job& known) { return known.facts.id == sent.job; });
    if (job == jobs_.end() || job->facts.template_number < oldest_template)
        return refused(sent.worker_known ? Answer::unknown_job : Answer::bad_worker);
    if (!sent.extranonce_fits)
        return refused(sent.worker_known ? Answer::extranonce_size : Answer::bad_worker);
    const auto number = Uint256::from_hash(sent.hash);
    out.block = number <= job->facts.network_target;
    const bool late = job->replaced_at && now - *job->replaced_at > stratum::replaced_job_credited_for;
    if (job->facts.previous != jobs_.back().facts.previous || late) return refused(Answer::stale);
    if (!sent.worker_known) return refused(Answer::bad_worker);
    if (!sent.time_fits) return refused(Answer::bad_time);
    if (!sent.version_fits) return refused(Answer::bad_version);

    auto target = told_[job->told - 1].target;
    if (now - told_.back().at <= stratum::easier_target_credited_for)
        for (auto i = job->told; i < told_.size(); ++i) target = std::max(target, told_[i].target);
    // No client is told that its block was refused: it proves the work of the network's target.
    if (out.block && number > target) target = job->facts.network_target;
    if (number > target) return refused(Answer::low_difficulty);
    if (!job->credited.insert(sent.hash).second) return refused(Answer::duplicate);
    out.target = target;
    return out;
}

}  // namespace sim

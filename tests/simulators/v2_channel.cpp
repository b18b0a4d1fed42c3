#include "tests/simulators/v2_channel.h"

#include <algorithm>

namespace simulators {

namespace {
constexpr std::size_t extranonce_bytes_max = 32;
constexpr std::size_t future_jobs_max = 8;  // ESP-Miner keeps so many, at the job id modulo 8
}  // namespace

V2Channel::V2Channel(V2Open open, V2Grant grant, Violations& violations)
    : open_(std::move(open)), grant_(std::move(grant)), violations_(&violations), target_(grant_.target) {
    check_target(target_);
    if (extranonce_bytes() > extranonce_bytes_max) fault("an extranonce above 32 bytes");
    if (open_.kind == ChannelKind::extended && grant_.rest_bytes < open_.min_extranonce_bytes)
        fault("fewer bytes of extranonce granted than asked for");
}

void V2Channel::fault(const std::string& text) {
    violations_->add("channel " + std::to_string(id()) + ": " + text);
}

void V2Channel::check_target(const Uint256& target) {
    if (target.is_zero()) fault("a target of zero");
    if (target > open_.max_target) fault("a target easier than the client's limit");
}

bool V2Channel::is_repeated(std::uint32_t job_id) {
    const auto end = job_ids_.begin() + static_cast<std::ptrdiff_t>(std::min(jobs_seen_, job_ids_kept));
    const bool repeated = std::find(job_ids_.begin(), end, job_id) != end;
    job_ids_[jobs_seen_++ % job_ids_kept] = job_id;
    return repeated;
}

void V2Channel::take_job(std::shared_ptr<const V2Job> job, std::optional<std::uint32_t> min_ntime) {
    if (is_repeated(job->id)) fault("the job id " + std::to_string(job->id) + " came again");
    if (stage_ == Stage::wants_job) {
        if (min_ntime) fault("the first job is not a future one");
        stage_ = Stage::wants_tip;
    } else if (stage_ == Stage::wants_tip) {
        fault("a second job before the first SetNewPrevHash");
    }
    if (min_ntime) {
        job_ = std::move(job);
        job_target_ = target_;
        ntime_ = *min_ntime;
        return;
    }
    for (const auto& other : future_)
        if (other->id % future_jobs_max == job->id % future_jobs_max)
            fault("two future jobs whose ids differ by a multiple of 8");
    if (future_.size() == future_jobs_max) {
        fault("more than 8 future jobs");
        future_.erase(future_.begin());
    }
    future_.push_back(std::move(job));
}

void V2Channel::take_tip(std::uint32_t job_id, const V2Tip& tip) {
    const auto named =
        std::find_if(future_.begin(), future_.end(), [&](const auto& job) { return job->id == job_id; });
    if (named == future_.end())
        return fault("SetNewPrevHash names " + std::to_string(job_id) + ", which is no future job");
    if ((tip.nbits & 0x7fffff) == 0) fault("SetNewPrevHash with nbits of nothing");
    job_ = *named;
    future_.clear();
    job_target_ = target_;
    ntime_ = tip.min_ntime;
    tip_ = tip;
    stage_ = Stage::open;
}

void V2Channel::take_target(const Uint256& target) {
    if (stage_ != Stage::open) fault("SetTarget before its first work");
    check_target(target);
    target_ = target;
}

Work V2Channel::work() const {
    Work work;
    if (job_) work = job_->work;
    work.previous = tip_.previous;
    work.nbits = tip_.nbits;
    work.ntime = ntime_;
    return work;
}

WorkSeat V2Channel::seat() const {
    return {.prefix = grant_.prefix,
            .rest_bytes = grant_.rest_bytes,
            .target = job_target_.approximate(),
            .version_mask = job_ && job_->version_rolling ? rolled_bits : 0};
}

std::vector<std::uint32_t> V2Channel::take_success(std::uint32_t last_sequence_number, std::uint32_t count) {
    if (count == 0) fault("SubmitShares.Success of no share");
    if (count > waiting_.size()) fault("more shares accepted than were sent");
    const auto end =
        waiting_.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(count, waiting_.size()));
    std::vector<std::uint32_t> accepted(waiting_.begin(), end);
    waiting_.erase(waiting_.begin(), end);
    if (!accepted.empty() && accepted.back() != last_sequence_number)
        fault("SubmitShares.Success ends at " + std::to_string(last_sequence_number) + ", its count at " +
              std::to_string(accepted.back()));
    return accepted;
}

void V2Channel::take_error(std::uint32_t sequence_number, std::string_view code) {
    const auto found = std::find(waiting_.begin(), waiting_.end(), sequence_number);
    if (found == waiting_.end())
        fault("SubmitShares.Error for " + std::to_string(sequence_number) + ", which does not wait");
    else
        waiting_.erase(found);
    if (!is_known_submit_error(code)) fault("SubmitShares.Error with the code " + std::string(code));
}

}  // namespace simulators

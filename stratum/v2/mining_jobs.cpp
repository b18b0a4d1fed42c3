// What channels work on: jobs, tips and targets.

#include <algorithm>

#include "stratum/v2/mining.h"

namespace stratum::v2 {

// The order that every client read insists on: a future job, then the tip that makes it active, both
// addressed to the channel itself.
void Mining::start_channel(MiningChannel& channel, Instant now) {
    if (work_selection_) return;
    const auto& newest = host_.jobs().newest();
    if (!newest) return;  // with the first template
    const auto job = host_.jobs().job(SizeClass::v2, channel.channel.variant_of(newest->number));
    channel.channel.issue(*job, now);
    channel.started = true;
    // Where each channel closes before the next template, no announcement forgets for them.
    if (announced_ != newest->number) ids_.forget_expired(host_.jobs());
    announced_ = newest->number;
    announced_tip_ = newest->previous;
    send_job(channel, *job, true);
    send_new_prev_hash(channel.id, *job);
}

void Mining::on_job(Instant now) {
    const auto& newest = host_.jobs().newest();
    if (!newest || announced_ == newest->number) return;
    // Closed ones only wait for their last verdicts; a group of none is told nothing.
    if (std::all_of(channels_.begin(), channels_.end(), [](const auto& channel) { return channel->closed; }))
        return;
    if (work_selection_) {
        announced_ = newest->number;
        for (auto& channel : channels_) channel->channel.set_tip(newest->previous);
        return;
    }
    if (announced_ == 0) {  // channels were opened before there was work
        for (auto& channel : channels_)
            if (!channel->closed) start_channel(*channel, now);
        return;
    }
    const bool new_tip = announced_tip_ != newest->previous;
    announced_ = newest->number;
    announced_tip_ = newest->previous;
    if (settings_.difficulty_capped_by_network && new_tip)
        for (auto& channel : channels_) bound_difficulty(*channel);
    if (standard_jobs_)
        announce_to_each(*newest, new_tip, now);
    else
        announce_to_group(*newest, new_tip, now);
    ids_.forget_expired(host_.jobs());
    if (writer_.waiting_bytes() > session_.output_allowed()) session_.close(CloseReason::slow_reader);
}

void Mining::announce_to_group(const Template& work, bool new_tip, Instant now) {
    // Every channel starts a template with variant 0; a later one comes with its own change of target.
    const auto job = host_.jobs().job(SizeClass::v2, 0);
    STRATUM_ENSURE(job && job->work().number == work.number);
    for (auto& channel : channels_)
        if (!channel->closed) channel->channel.issue(*job, now);
    send_extended_job(group_channel_id, *job, new_tip);
    if (new_tip) send_new_prev_hash(group_channel_id, *job);
}

// All jobs first, then all tips: what the reference pool does and its clients are tested with.
void Mining::announce_to_each(const Template& work, bool new_tip, Instant now) {
    const auto job = host_.jobs().job(SizeClass::v2, 0);
    STRATUM_ENSURE(job && job->work().number == work.number);
    for (auto& channel : channels_) {
        if (channel->closed) continue;
        channel->channel.issue(*job, now);
        send_job(*channel, *job, new_tip);
    }
    if (!new_tip) return;
    for (const auto& channel : channels_)
        if (!channel->closed) send_new_prev_hash(channel->id, *job);
}

void Mining::send_job(const MiningChannel& channel, const Job& job, bool future) {
    if (!channel.standard) return send_extended_job(channel.id, job, future);
    NewMiningJob message;
    message.channel_id = channel.id;
    message.job_id = ids_.id_of(job.id());
    if (!future) message.min_ntime = job.work().time;
    message.version = job.version();
    message.merkle_root = merkle_root_of(job, channel.channel.extranonce_head());
    writer_.send(message);
}

void Mining::send_extended_job(std::uint32_t address, const Job& job, bool future) {
    NewExtendedMiningJob message;
    message.channel_id = address;
    message.job_id = ids_.id_of(job.id());
    if (!future) message.min_ntime = job.work().time;
    message.version = job.version();
    message.version_rolling_allowed = job.version_mask() != 0;
    message.merkle_path = job.work().merkle_branches;
    message.coinbase_tx_prefix = job.coinbase().prefix;
    message.coinbase_tx_suffix = job.coinbase().suffix;
    writer_.send(message);
}

void Mining::send_new_prev_hash(std::uint32_t address, const Job& job) {
    const auto& work = job.work();
    writer_.send(SetNewPrevHash{address, ids_.id_of(job.id()), work.previous, work.time, work.nbits});
}

// -- targets
// -------------------------------------------------------------------------------------------------------

void Mining::bound_difficulty(MiningChannel& channel) const {
    auto most = *Difficulty::whole(std::uint64_t{1} << 63);
    const auto& newest = host_.jobs().newest();
    if (settings_.difficulty_capped_by_network && newest)
        most = *Difficulty::at_most(difficulty_of_target(newest->network_target));
    // The client's own limit stands above the cap.
    const auto least =
        std::max(std::min(settings_.difficulty_min, most), *Difficulty::least_within(channel.max_target));
    channel.channel.vardiff().bound(least, most);
}

Difficulty Mining::difficulty_of(float hash_rate) const {
    const auto target = target_from_hashrate({hash_rate, settings_.vardiff.shares_per_minute});
    const auto difficulty = target ? Difficulty::at_most(difficulty_of_target(*target)) : std::nullopt;
    return difficulty ? difficulty->power_of_two() : settings_.difficulty_start;
}

// A target counts for jobs that come after it, so a job follows: the same template with another coinbase.
void Mining::change_difficulty(MiningChannel& channel, Difficulty difficulty, Instant now) {
    auto& inner = channel.channel;
    if (difficulty.target() == inner.target()) return;
    const auto& newest = host_.jobs().newest();
    if (!channel.started || !newest) return tell_target(channel, difficulty, now);
    const auto variant = inner.next_variant(newest->number);
    if (!variant) {  // this template's variants are used up
        // The client's own limit cannot wait; the job it counts for is the next template's.
        if (inner.target() > channel.max_target) return tell_target(channel, difficulty, now);
        // Vardiff measures anew.
        inner.vardiff().start(channel.told, now);
        writer_.send(SetTarget{channel.id, inner.target()});
        return;
    }
    // A channel that lags behind the template gets it now, with its group.
    if (announced_ != newest->number) on_job(now);
    const auto fresh = inner.next_variant(newest->number);
    tell_target(channel, difficulty, now);
    const auto job = host_.jobs().job(SizeClass::v2, *fresh);
    inner.issue(*job, now);
    send_job(channel, *job, false);
}

void Mining::tell_target(MiningChannel& channel, Difficulty difficulty, Instant now) {
    channel.told = difficulty;
    channel.channel.vardiff().start(difficulty, now);
    channel.channel.set_difficulty(difficulty, now);
    writer_.send(SetTarget{channel.id, channel.channel.target()});
}

void Mining::on_timer(Instant now) {
    // Nothing here opens or closes a channel.
    for (auto& channel : channels_) {
        if (channel->closed) continue;
        if (const auto next = channel->channel.vardiff().on_timer(settings_.vardiff, now))
            change_difficulty(*channel, *next, now);
        channel->channel.forget_expired(host_.jobs());
    }
}

}  // namespace stratum::v2

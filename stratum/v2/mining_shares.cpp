// Shares: from a message into the batch, from a verdict to its answer.

#include <algorithm>

#include "stratum/v2/error_codes.h"
#include "stratum/v2/mining.h"
#include "stratum/v2/tlv.h"
#include "stratum/worker_name.h"

namespace stratum::v2 {
namespace {

constexpr int accepted_share_relief = 2;
constexpr std::uint32_t any_version_bits = ~std::uint32_t{0};  // the job's own mask decides

}  // namespace

struct Mining::Submitted {
    bool standard = false;
    std::uint32_t channel_id = 0;
    std::uint32_t sequence_number = 0;
    std::uint32_t job_id = 0;
    std::uint32_t nonce = 0;
    std::uint32_t ntime = 0;
    std::uint32_t version = 0;
    ByteView extranonce;
    ByteView extension_area;
};

void Mining::on_submit_standard(ByteView payload, ShareBatch& batch) {
    SubmitSharesStandard message;
    if (!parse(payload, message)) return session_.close(CloseReason::protocol_error);
    submit({true,
            message.channel_id,
            message.sequence_number,
            message.job_id,
            message.nonce,
            message.ntime,
            message.version,
            {},
            {}},
           batch);
}

void Mining::on_submit_extended(ByteView payload, ShareBatch& batch) {
    SubmitSharesExtended message;
    if (!parse(payload, message)) return session_.close(CloseReason::protocol_error);
    submit({false, message.channel_id, message.sequence_number, message.job_id, message.nonce, message.ntime,
            message.version, message.extranonce, message.extension_area},
           batch);
}

void Mining::submit(const Submitted& submitted, ShareBatch& batch) {
    auto& pending = batch.emplace_back();
    pending.session = &session_;
    pending.channel = submitted.channel_id;
    pending.sequence = submitted.sequence_number;
    auto* channel = find(submitted.channel_id);
    if (channel == nullptr || channel->closed || channel->standard != submitted.standard) {
        pending.channel_missing = true;
        pending.examined.refused = RejectReason::not_subscribed;
        return;
    }
    ++channel->unsettled;
    pending.worker = channel->worker;
    Submission share;
    share.job = ids_.job_of(submitted.job_id).value_or(0);
    share.rest_bytes = static_cast<std::uint8_t>(submitted.extranonce.size());
    std::copy_n(submitted.extranonce.begin(), std::min(submitted.extranonce.size(), share.rest.size()),
                share.rest.begin());
    share.ntime = submitted.ntime;
    share.nonce = submitted.nonce;
    const auto* job = host_.jobs().find(share.job);
    if (job != nullptr) share.version_bits = submitted.version ^ (*job)->version();
    pending.examined = channel->channel.examine(share, any_version_bits, host_.jobs());
    if (!worker_identity_ || submitted.extension_area.empty()) return;
    // Who a client says did the work does not stand before the block test: the header stays in `examined`.
    if (const auto worker = worker_of(*channel, submitted.extension_area))
        pending.worker = *worker;
    else
        pending.examined.refused = RejectReason::malformed;
}

// The worker that a share names; the channel's own when it names none or one too many; nullopt when the name
// cannot be.
std::optional<std::uint32_t> Mining::worker_of(MiningChannel& channel, ByteView extension_area) {
    const auto named = worker_identity(extension_area);
    if (!named) return std::nullopt;
    if (!*named || (*named)->empty()) return channel.worker;
    const auto name = **named;
    if (!printable(name)) return std::nullopt;
    if (!channel.told_workers)
        channel.told_workers = std::make_unique<std::map<std::string, std::uint32_t, std::less<>>>();
    const auto known = channel.told_workers->find(name);
    if (known != channel.told_workers->end()) return known->second;
    if (told_workers_ >= told_workers_per_session_max) return channel.worker;
    const auto login = host_.login(split_worker_name(channel.identity).user, name);
    if (!login.worker) return channel.worker;
    ++told_workers_;
    channel.told_workers->emplace(name, *login.worker);
    return login.worker;
}

void Mining::settle(const PendingShare& share, const Verdict& verdict, Instant now) {
    auto* channel = share.channel_missing ? nullptr : find(share.channel);
    if (channel != nullptr) --channel->unsettled;
    if (verdict.reject) {
        const auto& facts = facts_of(*verdict.reject);
        auto code = facts.v2_code;
        if (*verdict.reject == RejectReason::version_bits && settings_.version_mask == 0)
            code = submit_error::version_rolling_not_allowed;
        writer_.send(SubmitSharesError{share.channel, share.sequence, code});
        if (facts.ban_weight > 0) misbehaved(facts.ban_weight);
    } else {
        score_ = std::max(0, score_ - accepted_share_relief);
        channel->proved = true;
        if (channel->accepted.count() == 0) {
            channel->success_due = now + settings_.success_delay;
            due_.emplace_back(*channel->success_due, channel->id);
        }
        channel->accepted.add(share.sequence, difficulty_of_target(verdict.credited_target));
        if (verdict.block || channel->accepted.count() >= settings_.success_batch) send_success(*channel);
        // Late work of another difficulty says nothing of the rate.
        if (!channel->closed && verdict.credited_target == channel->channel.target())
            if (const auto next = channel->channel.vardiff().on_share(settings_.vardiff, now))
                change_difficulty(*channel, *next, now);
    }
    if (channel != nullptr && channel->closed && channel->unsettled == 0) end_channel(channel->id, now);
}

void Mining::send_success(MiningChannel& channel) {
    channel.success_due.reset();
    const auto message = channel.accepted.take(channel.id);
    if (!channel.closed) writer_.send(message);
}

std::optional<Mining::Instant> Mining::flush_at() const {
    if (due_.empty()) return std::nullopt;
    return due_.front().first;
}

void Mining::flush(Instant now) {
    auto at = due_.begin();
    for (; at != due_.end() && at->first <= now; ++at) {
        auto* channel = find(at->second);
        if (channel != nullptr && channel->success_due == at->first) send_success(*channel);
    }
    due_.erase(due_.begin(), at);
    if (due_.empty()) std::vector<std::pair<Instant, std::uint32_t>>().swap(due_);
}

}  // namespace stratum::v2

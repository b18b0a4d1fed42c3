#include "stratum/v2/mining.h"

#include <algorithm>

#include "stratum/v2/error_codes.h"
#include "stratum/v2/messages_common.h"
#include "stratum/worker_name.h"

namespace stratum::v2 {
namespace {

constexpr int score_max = 200;  // then the connection ends
constexpr int wrong_channel_weight = 1;
// A machine that reports a rate by so much different has really changed; smaller moves are left to vardiff,
// which knows better.
constexpr float rate_change_min = 1.5f;

constexpr std::uint8_t rest_bytes_extended = extranonce_bytes_v2 - prefix_bytes;

}  // namespace

Mining::Mining(const MiningSettings& settings, SessionHost& host, FrameWriter& writer,
               stratum::Session& session, std::uint32_t flags)
    : settings_(settings),
      host_(host),
      writer_(writer),
      session_(session),
      standard_jobs_((flags & mining_requires_standard_jobs) != 0),
      work_selection_((flags & mining_requires_work_selection) != 0) {}

template <Message M>
Mining::Parsed Mining::read(ByteView payload, M& out) {
    const auto parsed = parse(payload, out);
    if (parsed) return Parsed::yes;
    if (parsed.error() == WireError::bad_number) return Parsed::bad_rate;
    session_.close(CloseReason::protocol_error);
    return Parsed::no;
}

void Mining::on_frame(const FrameHeader& header, ByteView payload, Instant now, ShareBatch& batch) {
    if (is<SubmitSharesExtended>(header)) return on_submit_extended(payload, batch);
    if (is<SubmitSharesStandard>(header)) return on_submit_standard(payload, batch);
    if (is<OpenStandardMiningChannel>(header)) return on_open_standard(payload, now);
    if (is<OpenExtendedMiningChannel>(header)) return on_open_extended(payload, now);
    if (is<UpdateChannel>(header)) return on_update(payload, now);
    if (is<CloseChannel>(header)) return on_close(payload, now);
    if (is<SetCustomMiningJob>(header)) return on_custom_job(payload, now);
    // Anything else is of a later specification: ignored.
}

Mining::Channels::iterator Mining::place_of(std::uint32_t id) {
    return std::lower_bound(channels_.begin(), channels_.end(), id,
                            [](const auto& channel, std::uint32_t wanted) { return channel->id < wanted; });
}

MiningChannel* Mining::find(std::uint32_t id) {
    const auto at = place_of(id);
    return at == channels_.end() || (*at)->id != id ? nullptr : at->get();
}

Channel* Mining::channel_of(const PendingShare& share) {
    auto* channel = find(share.channel);
    return channel == nullptr ? nullptr : &channel->channel;
}

void Mining::misbehaved(int weight) {
    score_ += weight;
    if (score_ >= score_max) session_.close(CloseReason::misbehaviour);
}

// -- opening
// -------------------------------------------------------------------------------------------------------

void Mining::on_open_standard(ByteView payload, Instant now) {
    OpenStandardMiningChannel message;
    const auto parsed = read(payload, message);
    if (parsed == Parsed::bad_rate) return refuse(message.request_id, open_error::invalid_nominal_hashrate);
    if (parsed == Parsed::yes)
        open({true, message.request_id, message.user_identity, message.nominal_hash_rate, message.max_target,
              0},
             now);
}

void Mining::on_open_extended(ByteView payload, Instant now) {
    OpenExtendedMiningChannel message;
    const auto parsed = read(payload, message);
    if (parsed == Parsed::bad_rate) return refuse(message.request_id, open_error::invalid_nominal_hashrate);
    if (parsed == Parsed::yes)
        open({false, message.request_id, message.user_identity, message.nominal_hash_rate, message.max_target,
              message.min_extranonce_size},
             now);
}

void Mining::refuse(std::uint32_t request_id, std::string_view code) {
    writer_.send(OpenMiningChannelError{request_id, code});
    misbehaved(wrong_channel_weight);
}

// Empty: nothing speaks against it.
std::string_view Mining::reason_to_refuse(const Opening& opening) const {
    if (opening.standard && work_selection_)
        return open_error::standard_channels_not_supported_for_custom_work;
    if (!opening.standard && standard_jobs_)
        return open_error::extended_channels_not_supported_for_standard_jobs;
    if (channels_.size() >= settings_.channels_max || next_channel_ == 0)
        return open_error::channel_capacity_exhausted;
    if (opening.min_extranonce_bytes > rest_bytes_extended) return open_error::min_extranonce_size_too_large;
    if (!Difficulty::least_within(opening.max_target)) return open_error::max_target_out_of_range;
    if (opening.identity.empty() || !printable(opening.identity)) return open_error::invalid_user_identity;
    return {};
}

void Mining::open(const Opening& opening, Instant now) {
    if (const auto code = reason_to_refuse(opening); !code.empty()) return refuse(opening.request_id, code);
    const auto name = split_worker_name(opening.identity);
    const auto login = host_.login(name.user, name.worker);
    if (!login.worker) return refuse(opening.request_id, open_error::unknown_user);
    const auto prefix = host_.allocate_prefix(now);
    if (!prefix) {
        host_.logout(*login.worker);
        return refuse(opening.request_id, open_error::channel_capacity_exhausted);
    }
    // The group must not be behind: its next job is addressed to the new channel too.
    on_job(now);
    auto& channel = *channels_.emplace_back(std::make_unique<MiningChannel>(
        Channel(*prefix, opening.standard ? 0 : rest_bytes_extended, extranonce_bytes_v2)));
    channel.id = next_channel_++;
    channel.standard = opening.standard;
    channel.identity = opening.identity;
    channel.worker = *login.worker;
    channel.max_target = opening.max_target;
    channel.nominal_hash_rate = opening.nominal_hash_rate;
    bound_difficulty(channel);
    auto& vardiff = channel.channel.vardiff();
    const auto wanted = login.remembered                ? *login.remembered
                        : opening.nominal_hash_rate > 0 ? difficulty_of(opening.nominal_hash_rate)
                                                        : settings_.difficulty_start;
    channel.told = vardiff.clamp(wanted);
    vardiff.start(channel.told, now);
    channel.channel.set_difficulty(channel.told, now);
    tell_opened(opening, channel);
    start_channel(channel, now);
}

void Mining::tell_opened(const Opening& opening, const MiningChannel& channel) {
    const auto head = channel.channel.extranonce_head();
    if (opening.standard)
        writer_.send(OpenStandardMiningChannelSuccess{opening.request_id, channel.id,
                                                      channel.channel.target(), head, group_channel_id});
    else
        writer_.send(OpenExtendedMiningChannelSuccess{opening.request_id, channel.id,
                                                      channel.channel.target(), rest_bytes_extended, head,
                                                      group_channel_id});
}

// -- updating and closing
// ------------------------------------------------------------------------------------------

void Mining::on_update(ByteView payload, Instant now) {
    UpdateChannel message;
    const auto parsed = read(payload, message);
    if (parsed == Parsed::bad_rate)
        return writer_.send(UpdateChannelError{message.channel_id, update_error::invalid_nominal_hashrate});
    if (parsed == Parsed::no) return;
    auto* channel = find(message.channel_id);
    if (channel == nullptr || channel->closed) {
        writer_.send(UpdateChannelError{message.channel_id, update_error::invalid_channel_id});
        return misbehaved(wrong_channel_weight);
    }
    if (Difficulty::least_within(message.maximum_target)) channel->max_target = message.maximum_target;
    bound_difficulty(*channel);
    const float before = channel->nominal_hash_rate;
    const float after = message.nominal_hash_rate;
    const bool moved = after > 0 && (after > before * rate_change_min || after * rate_change_min < before);
    if (moved) channel->nominal_hash_rate = after;
    const auto wanted = channel->channel.vardiff().clamp(moved ? difficulty_of(after) : channel->told);
    if (wanted == channel->told)
        writer_.send(SetTarget{channel->id, channel->channel.target()});
    else
        change_difficulty(*channel, wanted, now);
}

void Mining::on_close(ByteView payload, Instant now) {
    CloseChannel message;
    if (read(payload, message) != Parsed::yes) return;
    if (message.channel_id == group_channel_id) {
        for (std::size_t i = channels_.size(); i-- > 0;) close_channel(*channels_[i], now);
        return;
    }
    auto* channel = find(message.channel_id);
    if (channel == nullptr || channel->closed) return misbehaved(wrong_channel_weight);
    close_channel(*channel, now);
}

void Mining::close_channel(MiningChannel& channel, Instant now) {
    channel.closed = true;
    if (channel.unsettled == 0) end_channel(channel.id, now);
}

void Mining::end_channel(std::uint32_t id, Instant now) {
    const auto at = place_of(id);
    auto& channel = **at;
    host_.logout(channel.worker);
    if (channel.told_workers) {
        for (const auto& [name, number] : *channel.told_workers) host_.logout(number);
        told_workers_ -= channel.told_workers->size();
    }
    host_.end_channel({std::move(channel.channel), channel.worker, channel.proved}, now);
    channels_.erase(at);
}

std::vector<EndedChannel> Mining::take_channels() {
    std::vector<EndedChannel> out;
    for (auto& channel : channels_)
        out.push_back({std::move(channel->channel), channel->worker, channel->proved});
    channels_.clear();
    return out;
}

std::vector<std::uint32_t> Mining::worker_numbers() const {
    std::vector<std::uint32_t> out;
    for (const auto& channel : channels_) {
        out.push_back(channel->worker);
        if (!channel->told_workers) continue;
        for (const auto& [name, number] : *channel->told_workers) out.push_back(number);
    }
    return out;
}

}  // namespace stratum::v2

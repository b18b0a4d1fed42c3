// V2Client's messages of channels, jobs and shares: from the server to the client.

#include <algorithm>

#include "tests/simulators/v2_client.h"

namespace simulators {

namespace v2 = stratum::v2;

namespace {

constexpr std::size_t esp_miner_branches_max = 20;

Bytes copy_of(stratum::ByteView view) { return {view.begin(), view.end()}; }

}  // namespace

void V2Client::take_mining_message() {
    const v2::FrameHeader& header = transport_->header();
    const bool answers_open = v2::is<v2::OpenStandardMiningChannelSuccess>(header) ||
                              v2::is<v2::OpenExtendedMiningChannelSuccess>(header) ||
                              v2::is<v2::OpenMiningChannelError>(header);
    if (channels_.empty() && closed_.empty() && !opening_.empty() && !answers_open)
        fault("the first frame after Open*MiningChannel is not its answer");
    if (v2::is<v2::OpenStandardMiningChannelSuccess>(header)) return take_standard_success();
    if (v2::is<v2::OpenExtendedMiningChannelSuccess>(header)) return take_extended_success();
    if (v2::is<v2::OpenMiningChannelError>(header)) return take_open_error();
    if (v2::is<v2::NewMiningJob>(header)) return take_job();
    if (v2::is<v2::NewExtendedMiningJob>(header)) return take_extended_job();
    if (v2::is<v2::SetNewPrevHash>(header)) return take_prev_hash();
    if (v2::is<v2::SetTarget>(header)) return take_target();
    if (v2::is<v2::SubmitSharesSuccess>(header)) return take_shares_success();
    if (v2::is<v2::SubmitSharesError>(header)) return take_shares_error();
    if (v2::is<v2::CloseChannel>(header)) return take_close();
    if (v2::is<v2::SetGroupChannel>(header)) return take_group();
    if (v2::is<v2::UpdateChannelError>(header) || v2::is<v2::SetCustomMiningJobSuccess>(header) ||
        v2::is<v2::SetCustomMiningJobError>(header) || header.extension == v2::extension_negotiation)
        return;  // for on_frame
    if (v2::is<v2::SetExtranoncePrefix>(header)) return fault("SetExtranoncePrefix, which most clients lack");
    if (v2::is<v2::Reconnect>(header) || v2::is<v2::ChannelEndpointChanged>(header))
        return fault("a message that makes SRI's proxy panic");
    fault("a message of the unknown type " + std::to_string(header.type));
}

void V2Client::take_standard_success() {
    v2::OpenStandardMiningChannelSuccess success;
    if (!read(success)) return;
    add_channel(success.request_id, ChannelKind::standard,
                {.channel_id = success.channel_id,
                 .group_id = success.group_channel_id,
                 .target = success.target,
                 .prefix = copy_of(success.extranonce_prefix),
                 .rest_bytes = 0});
}

void V2Client::take_extended_success() {
    v2::OpenExtendedMiningChannelSuccess success;
    if (!read(success)) return;
    add_channel(success.request_id, ChannelKind::extended,
                {.channel_id = success.channel_id,
                 .group_id = success.group_channel_id,
                 .target = success.target,
                 .prefix = copy_of(success.extranonce_prefix),
                 .rest_bytes = success.extranonce_size});
}

void V2Client::add_channel(std::uint32_t request_id, ChannelKind kind, V2Grant grant) {
    const auto wish = opening_.find(request_id);
    if (wish == opening_.end() || wish->second.kind != kind)
        return fail("a channel that nobody asked for: request " + std::to_string(request_id));
    const std::string who = "channel " + std::to_string(grant.channel_id);
    if (groups_.contains(grant.channel_id) || grant.channel_id == grant.group_id)
        fault(who + " has the id of a group");
    if (channels_.contains(grant.channel_id)) return fail(who + " is opened twice");
    if (channels_.contains(grant.group_id)) fault(who + " is in a group with a channel's id");
    if (!prefixes_.add(grant.prefix)) fault(who + " has a prefix that overlaps another's");
    auto& members = groups_[grant.group_id];
    const std::size_t total = grant.prefix.size() + grant.rest_bytes;
    if (!members.empty() && channel(members.front())->extranonce_bytes() != total)
        fault(who + " has another extranonce length than its group");
    members.push_back(grant.channel_id);
    closed_.erase(grant.channel_id);
    const auto id = grant.channel_id;
    const auto [at, _] = channels_.try_emplace(id, std::move(wish->second), std::move(grant), violations_);
    opening_.erase(wish);
    events_.on_channel(at->second);
}

void V2Client::take_open_error() {
    v2::OpenMiningChannelError error;
    if (!read(error)) return;
    if (opening_.erase(error.request_id) == 0) fault("OpenMiningChannel.Error for an unknown request");
    events_.on_open_refused(error.request_id, error.error_code);
}

std::vector<V2Channel*> V2Client::checked(std::uint32_t id, std::string_view what) {
    auto to = addressed(id);
    const std::string text = std::string(what) + " for " + std::to_string(id);
    if (to.empty() && !closed_.contains(id) && !groups_.contains(id)) fault(text + ", which is no channel");
    if (channel(id) == nullptr && groups_.contains(id)) {
        if (asked_for(v2::mining_requires_standard_jobs)) fault(text + ", a group, to standard jobs");
        for (const V2Channel* member : to)
            if (!member->is_open())
                fault(text + ", a group, between a member's Success and its first SetNewPrevHash");
    }
    if (asked_for(v2::mining_requires_work_selection)) fault(text + " though the client chooses its work");
    return to;
}

void V2Client::take_job() {
    v2::NewMiningJob message;
    if (!read(message)) return;
    if (channel(message.channel_id) == nullptr && groups_.contains(message.channel_id))
        return fault("NewMiningJob for a group");
    for (const V2Channel* to : checked(message.channel_id, message.name))
        if (to->open().kind == ChannelKind::extended) fault("NewMiningJob for an extended channel");
    auto job = std::make_shared<V2Job>();
    job->id = message.job_id;
    job->work.version = message.version;
    job->work.root = message.merkle_root;
    job->version_rolling = !fixed_version_;
    give_job(message.channel_id, std::move(job), message.min_ntime);
}

void V2Client::take_extended_job() {
    v2::NewExtendedMiningJob message;
    if (!read(message)) return;
    if (asked_for(v2::mining_requires_standard_jobs)) fault("NewExtendedMiningJob to standard jobs");
    if (asked_for(v2::mining_requires_version_rolling) && !message.version_rolling_allowed)
        fault("a job of fixed version for a client that requires rolling");
    if (message.merkle_path.size() > esp_miner_branches_max) fault("a merkle path above 20");
    const auto to = checked(message.channel_id, message.name);
    auto job = std::make_shared<V2Job>();
    job->id = message.job_id;
    job->work.version = message.version;
    job->work.coinbase_prefix = copy_of(message.coinbase_tx_prefix);
    job->work.coinbase_suffix = copy_of(message.coinbase_tx_suffix);
    job->work.branches.assign(message.merkle_path.begin(), message.merkle_path.end());
    job->version_rolling = message.version_rolling_allowed;
    if (!to.empty()) {  // the members of a group have one length
        const std::size_t total = to.front()->extranonce_bytes();
        const auto wrong =
            coinbase_fault(coinbase_of(job->work, Bytes(total)), job->work.coinbase_prefix.size(), total);
        if (!wrong.empty()) fault("job " + std::to_string(message.job_id) + ": " + wrong);
    }
    give_job(message.channel_id, std::move(job), message.min_ntime);
}

void V2Client::give_job(std::uint32_t address, std::shared_ptr<const V2Job> job,
                        std::optional<std::uint32_t> min_ntime) {
    for (V2Channel* to : addressed(address)) {
        to->take_job(job, min_ntime);
        if (min_ntime && to->is_open()) events_.on_work(*to);
    }
}

void V2Client::take_prev_hash() {
    v2::SetNewPrevHash message;
    if (!read(message)) return;
    const V2Tip tip{.previous = message.prev_hash, .min_ntime = message.min_ntime, .nbits = message.nbits};
    for (V2Channel* to : checked(message.channel_id, message.name)) {
        to->take_tip(message.job_id, tip);
        if (to->is_open()) events_.on_work(*to);
    }
}

void V2Client::take_target() {
    v2::SetTarget message;
    if (!read(message)) return;
    for (V2Channel* to : checked(message.channel_id, message.name)) to->take_target(message.maximum_target);
}

void V2Client::take_shares_success() {
    v2::SubmitSharesSuccess message;
    if (!read(message)) return;
    V2Channel* to = channel(message.channel_id);
    if (to == nullptr) {
        if (!closed_.contains(message.channel_id)) fault("SubmitShares.Success for no channel");
        return;
    }
    const auto accepted = to->take_success(message.last_sequence_number, message.new_submits_accepted_count);
    for (const std::uint32_t sequence_number : accepted) events_.on_accepted(*to, sequence_number);
}

void V2Client::take_shares_error() {
    v2::SubmitSharesError message;
    if (!read(message)) return;
    if (V2Channel* to = channel(message.channel_id))
        to->take_error(message.sequence_number, message.error_code);
    events_.on_rejected(message.channel_id, message.sequence_number, message.error_code);
}

void V2Client::take_close() {
    v2::CloseChannel message;
    if (!read(message)) return;
    std::vector<std::uint32_t> ids;
    for (const V2Channel* gone : addressed(message.channel_id)) ids.push_back(gone->id());
    if (ids.empty() && !closed_.contains(message.channel_id)) fault("CloseChannel for no channel");
    for (const std::uint32_t id : ids) {
        remove(id);
        events_.on_channel_closed(id, message.reason_code);
    }
}

void V2Client::take_group() {
    v2::SetGroupChannel message;
    if (!read(message)) return;
    if (asked_for(v2::mining_requires_standard_jobs)) fault("SetGroupChannel to standard jobs");
    if (channels_.contains(message.group_channel_id)) return fault("SetGroupChannel with a channel's id");
    for (const std::uint32_t id : message.channel_ids) {
        V2Channel* moved = channel(id);
        if (moved == nullptr) {
            fault("SetGroupChannel with the unknown channel " + std::to_string(id));
            continue;
        }
        std::erase(groups_[moved->group_id()], id);
        groups_[message.group_channel_id].push_back(id);
        moved->regroup(message.group_channel_id);
    }
}

}  // namespace simulators

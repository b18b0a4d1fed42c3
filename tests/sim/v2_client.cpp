#include "tests/sim/v2_client.h"

#include <algorithm>

#include "stratum/limits.h"
#include "stratum/sha256.h"
#include "stratum/target.h"
#include "stratum/v2/error_codes.h"
#include "tests/sim/require.h"

namespace sim {

using namespace stratum::v2;
using stratum::Bytes;
using stratum::ByteView;
using stratum::Hash256;
using stratum::Uint256;

namespace {

constexpr std::uint32_t group = 1;
constexpr std::size_t works_kept = 40;
constexpr std::size_t extranonce_bytes = 20;

template <Message M>
M read(const FrameHeader& header, ByteView payload) {
    M out;
    require(header.channel_message == M::channel_message,
            std::string(M::name) + " has the right channel bit");
    require(parse(payload, out).has_value(), std::string(M::name) + " parses");
    return out;
}

V2Work work_of(const NewExtendedMiningJob& message) {
    V2Work out;
    out.id = message.job_id;
    out.ntime = message.min_ntime;
    out.version = message.version;
    out.rolling = message.version_rolling_allowed;
    out.path.assign(message.merkle_path.begin(), message.merkle_path.end());
    out.coinbase_head.assign(message.coinbase_tx_prefix.begin(), message.coinbase_tx_prefix.end());
    out.coinbase_tail.assign(message.coinbase_tx_suffix.begin(), message.coinbase_tx_suffix.end());
    return out;
}

V2Work work_of(const NewMiningJob& message) {
    V2Work out;
    out.id = message.job_id;
    out.ntime = message.min_ntime;
    out.version = message.version;
    out.root = message.merkle_root;
    return out;
}

bool same_content(const V2Work& a, const V2Work& b) {
    return a.version == b.version && a.coinbase_head == b.coinbase_head &&
           a.coinbase_tail == b.coinbase_tail && a.path == b.path;
}

}  // namespace

Hash256 root_of(const V2Work& work, const Bytes& extranonce) {
    if (work.root) return *work.root;
    Bytes coinbase = work.coinbase_head;
    coinbase.insert(coinbase.end(), extranonce.begin(), extranonce.end());
    coinbase.insert(coinbase.end(), work.coinbase_tail.begin(), work.coinbase_tail.end());
    auto root = stratum::sha256d(coinbase);
    for (const auto& branch : work.path) {
        Bytes joined(root.bytes.begin(), root.bytes.end());
        joined.insert(joined.end(), branch.bytes.begin(), branch.bytes.end());
        root = stratum::sha256d(joined);
    }
    return root;
}

V2Channel* V2Client::find(std::uint32_t id) {
    const auto at = channels.find(id);
    return at == channels.end() ? nullptr : &at->second;
}

V2Channel& V2Client::open_channel(std::uint32_t id, const std::string& about) {
    auto* channel = find(id);
    require(channel != nullptr && !channel->closing, about + " is for an open channel");
    return *channel;
}

std::vector<V2Channel*> V2Client::addressed(std::uint32_t address, const std::string& about) {
    if (address != group) return {&open_channel(address, about)};
    require(!standard_jobs_, "nothing is for a group where standard jobs are required");
    std::vector<V2Channel*> out;
    for (auto& [id, channel] : channels)
        if (!channel.closing) out.push_back(&channel);
    require(!out.empty(), about + " for the group finds an open channel");
    return out;
}

// After a channel's opening its first job comes, a future one, then the tip that makes it active. Firmware
// with one channel reads nothing else there.
void V2Client::check_order(const FrameHeader& header, ByteView payload) {
    if (starting_ == 0) return;
    if (starting_job_ == 0) {
        require(is<NewMiningJob>(header) || is<NewExtendedMiningJob>(header),
                "an opening is followed by a job");
        require(payload.size() > 9 && payload[8] == 0, "the first job is a future job");
        starting_job_ = stratum::load_le32(payload.data() + 4);
    } else {
        require(is<SetNewPrevHash>(header), "the first job is followed by its tip");
        require(stratum::load_le32(payload.data() + 4) == starting_job_, "the first tip names the first job");
    }
    require(stratum::load_le32(payload.data()) == starting_, "the first job is for the channel itself");
    if (is<SetNewPrevHash>(header)) starting_ = starting_job_ = 0;
}

V2Channel* V2Client::hear(const FrameHeader& header, ByteView payload, const Moment& moment) {
    check_order(header, payload);
    if (is<OpenStandardMiningChannelSuccess>(header)) {
        const auto m = read<OpenStandardMiningChannelSuccess>(header, payload);
        require(m.group_channel_id == group, "there is one group");
        return &on_opened(m.request_id, m.channel_id, m.target, m.extranonce_prefix, 0, true, moment.now);
    }
    if (is<OpenExtendedMiningChannelSuccess>(header)) {
        const auto m = read<OpenExtendedMiningChannelSuccess>(header, payload);
        require(m.group_channel_id == group, "there is one group");
        return &on_opened(m.request_id, m.channel_id, m.target, m.extranonce_prefix, m.extranonce_size, false,
                          moment.now);
    }
    if (is<OpenMiningChannelError>(header)) {
        const auto m = read<OpenMiningChannelError>(header, payload);
        const auto opening = openings.find(m.request_id);
        const bool exhausted = m.error_code == open_error::channel_capacity_exhausted;
        require(opening != openings.end() && (opening->second.refused || exhausted),
                "a good channel is opened: " + std::string(m.error_code));
        if (exhausted) ++capacity_refusals;
        openings.erase(opening);
    } else if (is<NewExtendedMiningJob>(header)) {
        const auto m = read<NewExtendedMiningJob>(header, payload);
        require(!standard_jobs_, "no extended job where standard jobs are required");
        require(m.version_rolling_allowed != fixed_versions_, "jobs say whether versions may be rolled");
        on_job(m.channel_id, work_of(m), moment);
    } else if (is<NewMiningJob>(header)) {
        const auto m = read<NewMiningJob>(header, payload);
        require(open_channel(m.channel_id, "a standard job").standard,
                "a standard job is for a standard channel");
        auto work = work_of(m);
        work.rolling = !fixed_versions_;
        on_job(m.channel_id, work, moment);
    } else if (is<SetNewPrevHash>(header)) {
        on_new_prev_hash(read<SetNewPrevHash>(header, payload), moment);
    } else if (is<SetTarget>(header)) {
        on_target(read<SetTarget>(header, payload), moment.now);
    } else if (is<UpdateChannelError>(header)) {
        (void)read<UpdateChannelError>(header, payload);
        ++update_errors;
    } else if (is<SetCustomMiningJobError>(header)) {
        (void)read<SetCustomMiningJobError>(header, payload);
        ++custom_job_errors;
    } else {
        require(false, "no message that clients do not know: type " + std::to_string(header.type));
    }
    return nullptr;
}

V2Channel& V2Client::on_opened(std::uint32_t request_id, std::uint32_t id, const Uint256& target,
                               ByteView prefix, std::size_t rest_size, bool standard, Instant now) {
    const auto opening = openings.find(request_id);
    require(opening != openings.end(), "an opening answers a request");
    require(!opening->second.refused, "a wrong opening is refused");
    require(opening->second.standard == standard, "a channel is of the kind asked for");
    require(id != group && !channels.contains(id), "a channel id is not used twice");
    require(prefix.size() + rest_size == extranonce_bytes,
            "all channels of a group have as long an extranonce");
    require(target <= opening->second.max_target, "no target is easier than the client can take");
    auto& channel = channels[id];
    channel.id = id;
    channel.standard = standard;
    channel.prefix.assign(prefix.begin(), prefix.end());
    channel.rest_size = rest_size;
    channel.target = target;
    channel.max_target = opening->second.max_target;
    channel.user = opening->second.user;
    channel.name = opening->second.name;
    channel.model.tell_difficulty(target, now);
    openings.erase(opening);
    starting_ = id;
    return channel;
}

// An id means one job on the whole connection, and ids count up by one: small firmware keeps jobs in a ring.
void V2Client::learn(std::uint32_t address, const V2Work& work, const Moment& moment) {
    const auto template_number = moment.template_number;
    if (template_number != newest_template_) {
        newest_template_ = template_number;
        oldest_template_ = moment.oldest_template;
    }
    const auto known = meanings_.find(work.id);
    if (known == meanings_.end())
        require(work.id == (meanings_.empty() ? 1 : meanings_.rbegin()->first + 1), "job ids count up");
    auto& meaning = meanings_[work.id];
    if (known == meanings_.end()) meaning.template_number = template_number;
    require(meaning.template_number == template_number, "a job id stays with its template");
    if (work.root) {
        require(meaning.roots.emplace(address, *work.root).first->second == *work.root,
                "a job id stays with its root");
    } else {
        require(!meaning.content || same_content(*meaning.content, work), "a job id stays with its coinbase");
        meaning.content = work;
    }
    if (!meaning.content) return;
    for (const auto& [id, root] : meaning.roots)
        if (auto* channel = find(id))
            require(root_of(*meaning.content, channel->prefix) == root,
                    "standard and extended jobs of one id are one job");
}

void V2Client::activate(V2Channel& channel, V2Work work, const Moment& moment) {
    work.previous = *channel.previous;
    work.nbits = channel.nbits;
    work.target = channel.target;
    channel.job_owed = false;
    channel.model.issue({std::to_string(work.id), meanings_.at(work.id).template_number, work.previous,
                         *stratum::target_of_nbits(work.nbits)},
                        moment.now);
    channel.works.push_back(std::move(work));
    if (channel.works.size() > works_kept) channel.works.pop_front();
}

void V2Client::on_job(std::uint32_t address, const V2Work& work, const Moment& moment) {
    learn(address, work, moment);
    for (auto* channel : addressed(address, "a job")) {
        require(!channel->future.contains(work.id), "a future job is sent once");
        if (!work.ntime) {
            channel->future.emplace(work.id, work);
            continue;
        }
        require(channel->previous.has_value(), "no active job before there is a tip");
        activate(*channel, work, moment);
    }
}

void V2Client::on_new_prev_hash(const SetNewPrevHash& message, const Moment& moment) {
    for (auto* channel : addressed(message.channel_id, "a tip")) {
        const auto job = channel->future.find(message.job_id);
        require(job != channel->future.end(), "a tip names a future job of the channel");
        auto work = job->second;
        channel->future.clear();
        channel->previous = message.prev_hash;
        channel->nbits = message.nbits;
        work.ntime = message.min_ntime;
        activate(*channel, std::move(work), moment);
    }
}

void V2Client::on_target(const SetTarget& message, Instant now) {
    ++targets_heard;
    for (auto* channel : addressed(message.channel_id, "a target")) {
        require(!message.maximum_target.is_zero(), "no target is zero");
        require(message.maximum_target <= channel->max_target,
                "no target is easier than the client can take");
        if (channel->target == message.maximum_target) continue;
        ++targets_changed;
        channel->target = message.maximum_target;
        channel->job_owed = true;
        channel->model.tell_difficulty(channel->target, now);
    }
}

std::size_t V2Client::job_ids_alive() const {
    return static_cast<std::size_t>(
        std::count_if(meanings_.begin(), meanings_.end(),
                      [this](const auto& each) { return each.second.template_number >= oldest_template_; }));
}

// No job of the newest template is left that the channel has not had.
bool V2Client::variants_used_up(const V2Channel& channel) const {
    const auto template_of = [this](const V2Work& work) { return meanings_.at(work.id).template_number; };
    const auto newest = template_of(channel.works.back());
    const auto had = std::count_if(channel.works.begin(), channel.works.end(),
                                   [&](const V2Work& work) { return template_of(work) == newest; });
    return had >= stratum::job_variants_max;
}

void V2Client::check_started() const {
    require(openings.empty(), "every opening is answered");
    for (const auto& [id, channel] : channels) {
        require(channel.previous.has_value(), "an open channel has work");
        require(channel.closing || !channel.job_owed || variants_used_up(channel),
                "a new target is followed by a job");
        require(channel.model.size() <= stratum::issued_jobs_max, "a channel's jobs are bounded");
        require(channel.future.empty(), "no future job is left without its tip");
    }
}

}  // namespace sim

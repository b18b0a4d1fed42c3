#include "tests/simulators/v2_client.h"

#include <algorithm>

#include "stratum/v2/tlv.h"

namespace simulators {

namespace v2 = stratum::v2;

namespace {
constexpr std::chrono::seconds clock_tolerance{10};  // as SRI's clients
}

V2Client::V2Client(V2Options options, const v2::KeyPair& ephemeral, V2Events& events)
    : options_(std::move(options)), initiator_(ephemeral), events_(events) {
    const auto& act1 = initiator_.act1();
    out_.append(reinterpret_cast<const char*>(act1.data()), act1.size());
}

void V2Client::fail(const std::string& why) {
    state_ = State::failed;
    trouble_ = why;
}

V2Channel* V2Client::channel(std::uint32_t id) {
    const auto found = channels_.find(id);
    return found == channels_.end() ? nullptr : &found->second;
}

std::vector<V2Channel*> V2Client::addressed(std::uint32_t id) {
    if (V2Channel* one = channel(id)) return {one};
    std::vector<V2Channel*> members;
    if (const auto group = groups_.find(id); group != groups_.end())
        for (const std::uint32_t member : group->second) members.push_back(channel(member));
    return members;
}

void V2Client::receive(stratum::ByteView bytes, std::uint32_t now) {
    if (state_ == State::handshake) take_act2(bytes, now);
    while (state_ != State::failed && transport_) {
        switch (transport_->read(bytes, v2::payload_bytes_max)) {
            case v2::Read::incomplete:
                return;
            case v2::Read::frame:
                take_frame();
                break;
            case v2::Read::bad_tag:
            case v2::Read::too_large:
                fail("a frame that does not decrypt");
                return;
        }
    }
}

void V2Client::take_act2(stratum::ByteView& wire, std::uint32_t now) {
    const std::size_t taken = std::min(wire.size(), v2::act2_bytes - act2_.size());
    act2_.insert(act2_.end(), wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(taken));
    wire = wire.subspan(taken);
    if (act2_.size() < v2::act2_bytes) return;
    const auto session = initiator_.read_act2(std::span<const std::uint8_t, v2::act2_bytes>(act2_));
    act2_ = {};
    if (!session) return fail("act 2 does not decrypt");
    if (options_.authority) {
        const v2::CertificateKeys keys{.server = session->server_key, .authority = *options_.authority};
        if (v2::check(session->certificate, keys, now, clock_tolerance) != v2::CertificateCheck::valid)
            return fail("the authority's certificate does not hold");
    }
    if (!wire.empty()) fault("the server speaks before SetupConnection");
    transport_.emplace(session->keys);
    state_ = State::setup;
    if (!options_.sets_up) return;
    send(v2::SetupConnection{.protocol = static_cast<std::uint8_t>(v2::Protocol::mining),
                             .min_version = v2::protocol_version,
                             .max_version = v2::protocol_version,
                             .flags = options_.flags,
                             .endpoint_host = options_.host,
                             .endpoint_port = options_.port,
                             .vendor = options_.vendor,
                             .hardware_version = "1",
                             .firmware = "1",
                             .device_id = ""});
}

void V2Client::send_frame(const v2::FrameHeader& header, std::string_view payload) {
    if (transport_) transport_->write(header, stratum::view_of(payload), out_);
}

void V2Client::take_frame() {
    events_.on_frame(transport_->header(), transport_->payload());
    constexpr std::size_t esp_miner_bytes_max = 8192;
    if (transport_->payload().size() > esp_miner_bytes_max) fault("a payload above 8192 bytes");
    switch (state_) {
        case State::setup:
            return take_setup_answer();
        case State::extensions:
            return take_extensions_answer();
        default:
            return take_mining_message();
    }
}

void V2Client::take_setup_answer() {
    if (v2::is<v2::SetupConnectionError>(transport_->header())) {
        v2::SetupConnectionError error;
        if (!read(error)) return;
        if ((error.flags & ~options_.flags) != 0) fault("SetupConnection.Error with flags nobody asked for");
        events_.on_setup_refused(error.error_code, error.flags);
        return fail("SetupConnection.Error: " + std::string(error.error_code));
    }
    if (!v2::is<v2::SetupConnectionSuccess>(transport_->header()))
        return fail("SetupConnection was answered with another message");
    v2::SetupConnectionSuccess success;
    if (!read(success)) return;
    if (success.used_version != v2::protocol_version) fault("an unknown version in SetupConnection.Success");
    fixed_version_ = (success.flags & v2::mining_requires_fixed_version) != 0;
    const std::uint32_t known = v2::mining_requires_fixed_version | v2::mining_requires_extended_channels;
    if ((success.flags & ~known) != 0) fault("unknown flags in SetupConnection.Success");
    if (fixed_version_ && asked_for(v2::mining_requires_version_rolling))
        fault("a fixed version for a client that requires rolling");
    if (!options_.worker_names) return become_ready();
    state_ = State::extensions;
    send(v2::RequestExtensions{.request_id = 1, .requested_extensions = {v2::extension_worker_identity}});
}

void V2Client::take_extensions_answer() {
    if (v2::is<v2::RequestExtensionsError>(transport_->header())) {
        v2::RequestExtensionsError error;
        if (read(error)) become_ready();
        return;
    }
    if (!v2::is<v2::RequestExtensionsSuccess>(transport_->header()))
        return fail("RequestExtensions was answered with another message");
    v2::RequestExtensionsSuccess success;
    if (!read(success)) return;
    if (success.request_id != 1) fault("RequestExtensions.Success for another request");
    for (const auto extension : success.supported_extensions)
        if (extension == v2::extension_worker_identity)
            worker_names_ = true;
        else
            fault("an extension that nobody asked for");
    become_ready();
}

void V2Client::become_ready() {
    state_ = State::ready;
    events_.on_set_up();
    for (V2Open& wish : std::exchange(options_.channels, {})) open(std::move(wish));
}

std::uint32_t V2Client::open(V2Open wish) {
    const std::uint32_t request_id = next_request_id_++;
    if (wish.kind == ChannelKind::standard)
        send(v2::OpenStandardMiningChannel{.request_id = request_id,
                                           .user_identity = wish.user,
                                           .nominal_hash_rate = wish.nominal_hash_rate,
                                           .max_target = wish.max_target});
    else
        send(v2::OpenExtendedMiningChannel{.request_id = request_id,
                                           .user_identity = wish.user,
                                           .nominal_hash_rate = wish.nominal_hash_rate,
                                           .max_target = wish.max_target,
                                           .min_extranonce_size = wish.min_extranonce_bytes});
    opening_.emplace(request_id, std::move(wish));
    return request_id;
}

void V2Client::close(std::uint32_t channel_id) {
    send(v2::CloseChannel{.channel_id = channel_id, .reason_code = "bye"});
    for (const V2Channel* gone : addressed(channel_id)) remove(gone->id());
}

void V2Client::remove(std::uint32_t channel_id) {
    const auto found = channels_.find(channel_id);
    if (found == channels_.end()) return;
    std::erase(groups_[found->second.group_id()], channel_id);
    prefixes_.remove(found->second.grant().prefix);
    channels_.erase(found);
    closed_.insert(channel_id);
}

void V2Client::update(V2Channel& channel, float nominal_hash_rate, const Uint256& max_target) {
    send(v2::UpdateChannel{
        .channel_id = channel.id(), .nominal_hash_rate = nominal_hash_rate, .maximum_target = max_target});
    channel.limit_target(max_target);
}

void V2Client::submit(V2Channel& channel, const Submission& submission, const FoundShare& share) {
    channel.note_submitted(submission.sequence_number);
    if (channel.open().kind == ChannelKind::standard)
        return send(v2::SubmitSharesStandard{.channel_id = channel.id(),
                                             .sequence_number = submission.sequence_number,
                                             .job_id = submission.job_id,
                                             .nonce = share.nonce,
                                             .ntime = share.ntime,
                                             .version = share.version});
    std::string area;
    if (worker_names_ && !submission.worker.empty()) v2::append_worker_identity(area, submission.worker);
    send(v2::SubmitSharesExtended{.channel_id = channel.id(),
                                  .sequence_number = submission.sequence_number,
                                  .job_id = submission.job_id,
                                  .nonce = share.nonce,
                                  .ntime = share.ntime,
                                  .version = share.version,
                                  .extranonce = share.rest,
                                  .extension_area = stratum::view_of(area)});
}

}  // namespace simulators

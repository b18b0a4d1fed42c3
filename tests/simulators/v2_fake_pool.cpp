#include "tests/simulators/v2_fake_pool.h"

#include <algorithm>
#include <utility>

#include "stratum/merkle.h"
#include "stratum/sha256.h"
#include "stratum/v2/error_codes.h"
#include "stratum/v2/tlv.h"

namespace simulators {

namespace v2 = stratum::v2;

namespace {

constexpr std::size_t prefix_bytes = 4;
constexpr std::uint32_t job_version = 0x20000000;

Bytes coinbase_prefix() {
    Bytes bytes;
    stratum::ByteWriter out(bytes);
    out.le32(2);
    out.u8(1);
    out.bytes(Bytes(32, 0));
    out.le32(0xffffffff);
    out.u8(23);  // script: height 2 and its padding, the push of the extranonce
    out.bytes(Bytes{0x52, 0x00, 0x14});
    return bytes;
}

Bytes coinbase_suffix() {
    Bytes bytes;
    stratum::ByteWriter out(bytes);
    out.le32(0xffffffff);
    out.u8(1);
    out.le64(5'000'000'000);
    out.u8(1);
    out.u8(0x51);
    out.le32(0);
    return bytes;
}

std::vector<Hash256> branches() {
    std::vector<Hash256> two(2);
    two[0].bytes.fill(0xaa);
    two[1].bytes.fill(0xbb);
    return two;
}

}  // namespace

FakePoolKeys FakePoolKeys::make(const v2::RandomSource& random, const v2::Validity& validity) {
    const v2::SecretKey authority = v2::SecretKey::make(random);
    const v2::KeyPair server = v2::make_key_pair(random);
    return {server, authority.public_key(),
            v2::sign_certificate(authority, server.secret.public_key(), validity, {})};
}

bool V2FakePool::receive(stratum::ByteView bytes) {
    if (!transport_) {
        const std::size_t taken = std::min(bytes.size(), v2::act1_bytes - act1_.size());
        act1_.insert(act1_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
        bytes = bytes.subspan(taken);
        if (act1_.size() < v2::act1_bytes) return true;
        const auto response = v2::respond(std::span<const std::uint8_t, v2::act1_bytes>(act1_), ephemeral_,
                                          keys_.server, keys_.certificate);
        out_.append(reinterpret_cast<const char*>(response.act2.data()), response.act2.size());
        transport_.emplace(response.keys);
    }
    for (;;) {
        const v2::Read got = transport_->read(bytes, 1 << 18);
        if (got == v2::Read::incomplete) return true;
        if (got != v2::Read::frame || !take_frame()) return false;
    }
}

template <v2::Message M>
std::optional<M> V2FakePool::read() const {
    M message;
    if (!v2::is<M>(transport_->header()) || !v2::parse(transport_->payload(), message)) return std::nullopt;
    return message;
}

bool V2FakePool::take_frame() {
    const v2::FrameHeader& header = transport_->header();
    if (v2::is<v2::SetupConnection>(header)) return take_setup();
    if (v2::is<v2::RequestExtensions>(header)) {
        take_extensions();
    } else if (const auto standard = read<v2::OpenStandardMiningChannel>()) {
        open(standard->request_id, true);
    } else if (const auto extended = read<v2::OpenExtendedMiningChannel>()) {
        open(extended->request_id, false);
    } else if (const auto share = read<v2::SubmitSharesExtended>()) {
        take_share(*share);
    } else if (const auto plain = read<v2::SubmitSharesStandard>()) {
        take_share({.channel_id = plain->channel_id,
                    .sequence_number = plain->sequence_number,
                    .job_id = plain->job_id,
                    .nonce = plain->nonce,
                    .ntime = plain->ntime,
                    .version = plain->version,
                    .extranonce = {},
                    .extension_area = {}});
    } else if (const auto close = read<v2::CloseChannel>()) {
        channels_.erase(close->channel_id);
        std::erase(channel_ids_, close->channel_id);
    }
    return true;
}

bool V2FakePool::take_setup() {
    const auto setup = read<v2::SetupConnection>();
    if (!setup) return false;
    flags_ = setup->flags;
    send(v2::SetupConnectionSuccess{.used_version = v2::protocol_version, .flags = 0});
    return true;
}

void V2FakePool::take_extensions() {
    const auto request = read<v2::RequestExtensions>();
    if (!request) return;
    names_ = options_.grants_names;
    if (names_)
        send(v2::RequestExtensionsSuccess{.request_id = request->request_id,
                                          .supported_extensions = request->requested_extensions});
    else
        send(v2::RequestExtensionsError{.request_id = request->request_id,
                                        .unsupported_extensions = request->requested_extensions,
                                        .required_extensions = {}});
}

void V2FakePool::open(std::uint32_t request_id, bool standard) {
    last_request_id_ = request_id;
    if (!options_.answers_opens) return;
    const std::uint32_t id = next_channel_id_++;
    Channel& channel = channels_[id];
    channel_ids_.push_back(id);
    channel.standard = standard;
    for (std::size_t i = 0; i < prefix_bytes; ++i)
        channel.prefix.push_back(static_cast<std::uint8_t>(id >> (8 * (prefix_bytes - 1 - i))));
    if (standard) {
        channel.prefix.resize(prefix_bytes + rest_bytes);
        send(v2::OpenStandardMiningChannelSuccess{.request_id = request_id,
                                                  .channel_id = id,
                                                  .target = options_.target,
                                                  .extranonce_prefix = channel.prefix,
                                                  .group_channel_id = group_id});
    } else {
        send(v2::OpenExtendedMiningChannelSuccess{.request_id = request_id,
                                                  .channel_id = id,
                                                  .target = options_.target,
                                                  .extranonce_size = rest_bytes,
                                                  .extranonce_prefix = channel.prefix,
                                                  .group_channel_id = group_id});
    }
    send_tip(id, new_job(id, std::nullopt));
}

Hash256 V2FakePool::root_of(const Bytes& extranonce) const {
    Bytes coinbase = coinbase_prefix();
    const Bytes suffix = coinbase_suffix();
    coinbase.insert(coinbase.end(), extranonce.begin(), extranonce.end());
    coinbase.insert(coinbase.end(), suffix.begin(), suffix.end());
    return stratum::merkle_root_from_branches(stratum::sha256d(coinbase), branches());
}

std::uint32_t V2FakePool::new_job(std::uint32_t address, std::optional<std::uint32_t> min_ntime) {
    const std::uint32_t job_id = next_job_id_++;
    send_job(address, job_id, min_ntime);
    return job_id;
}

void V2FakePool::send_job(std::uint32_t address, std::uint32_t job_id,
                          std::optional<std::uint32_t> min_ntime) {
    const auto one = channels_.find(address);
    if (one != channels_.end() && one->second.standard)
        return send(v2::NewMiningJob{.channel_id = address,
                                     .job_id = job_id,
                                     .min_ntime = min_ntime,
                                     .version = job_version,
                                     .merkle_root = root_of(one->second.prefix)});
    const Bytes prefix = coinbase_prefix();
    const Bytes suffix = coinbase_suffix();
    const auto path = branches();
    send(v2::NewExtendedMiningJob{.channel_id = address,
                                  .job_id = job_id,
                                  .min_ntime = min_ntime,
                                  .version = job_version,
                                  .version_rolling_allowed = true,
                                  .merkle_path = path,
                                  .coinbase_tx_prefix = prefix,
                                  .coinbase_tx_suffix = suffix});
}

void V2FakePool::send_tip(std::uint32_t address, std::uint32_t job_id) {
    send(v2::SetNewPrevHash{.channel_id = address,
                            .job_id = job_id,
                            .prev_hash = tip_.previous,
                            .min_ntime = tip_.ntime,
                            .nbits = tip_.nbits});
}

void V2FakePool::new_tip(const FakeTip& tip) {
    tip_ = tip;
    if (channels_.empty()) return;
    first_valid_job_ = next_job_id_;
    if ((flags_ & v2::mining_requires_standard_jobs) == 0)
        return send_tip(group_id, new_job(group_id, std::nullopt));
    for (const std::uint32_t id : channel_ids_) new_job(id, std::nullopt);
    std::uint32_t job_id = first_valid_job_;
    for (const std::uint32_t id : channel_ids_) send_tip(id, job_id++);
}

void V2FakePool::take_share(const v2::SubmitSharesExtended& share) {
    const auto found = channels_.find(share.channel_id);
    const auto refuse = [&](std::string_view code) {
        shares_.push_back({.channel_id = share.channel_id, .job_id = share.job_id, .worker = {}, .hash = {}});
        send(v2::SubmitSharesError{
            .channel_id = share.channel_id, .sequence_number = share.sequence_number, .error_code = code});
    };
    if (found == channels_.end()) return refuse(v2::submit_error::invalid_channel_id);
    Channel& channel = found->second;
    if (share.job_id >= next_job_id_) return refuse(v2::submit_error::invalid_job_id);
    if (share.job_id < first_valid_job_) return refuse(v2::submit_error::stale_share);
    if (share.extranonce.size() != (channel.standard ? 0 : rest_bytes))
        return refuse(v2::submit_error::bad_extranonce_size);
    Bytes extranonce = channel.prefix;
    extranonce.insert(extranonce.end(), share.extranonce.begin(), share.extranonce.end());
    Bytes header;
    stratum::ByteWriter out(header);
    out.le32(share.version);
    out.bytes(tip_.previous.bytes);
    out.bytes(root_of(extranonce).bytes);
    out.le32(share.ntime);
    out.le32(tip_.nbits);
    out.le32(share.nonce);
    const Hash256 hash = stratum::sha256d(header);
    if (Uint256::from_hash(hash) > options_.target) return refuse(v2::submit_error::difficulty_too_low);
    std::string worker;
    if (const auto told = v2::worker_identity(share.extension_area); names_ && told && *told) worker = **told;
    shares_.push_back({.channel_id = share.channel_id,
                       .job_id = share.job_id,
                       .worker = worker,
                       .hash = hash,
                       .accepted = true});
    channel.last_sequence_number = share.sequence_number;
    if (++channel.untold == batch) tell(share.channel_id, channel);
}

void V2FakePool::tell(std::uint32_t channel_id, Channel& channel) {
    send(v2::SubmitSharesSuccess{.channel_id = channel_id,
                                 .last_sequence_number = channel.last_sequence_number,
                                 .new_submits_accepted_count = std::exchange(channel.untold, 0),
                                 .new_shares_sum = 0});
}

void V2FakePool::flush() {
    for (auto& [id, channel] : channels_)
        if (channel.untold != 0) tell(id, channel);
}

}  // namespace simulators

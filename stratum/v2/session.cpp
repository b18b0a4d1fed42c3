#include "stratum/v2/session.h"

#include <algorithm>

#include "stratum/v2/error_codes.h"

namespace stratum::v2 {
namespace {

constexpr std::uint32_t mining_flags_known =
    mining_requires_standard_jobs | mining_requires_work_selection | mining_requires_version_rolling;

}  // namespace

Session::Session(const SessionSettings& settings, SessionHost& host, const TransportKeys& keys, Instant now)
    : settings_(settings),
      host_(host),
      transport_(keys),
      writer_(transport_, output_),
      opened_at_(now),
      heard_at_(now) {}

std::size_t Session::receive(std::string_view bytes, Instant now, ShareBatch& batch) {
    ByteView wire = view_of(bytes);
    while (closing_ == CloseReason::none && batch.size() < share_batch_max) {
        const auto read = transport_.read(wire, mining_ ? v2_mining_bytes_max : v2_setup_bytes_max);
        if (read == Read::incomplete) break;
        if (read != Read::frame) {
            // Before the first frame it is the handshake that did not work.
            close(heard_at_ == opened_at_ && !mining_ ? CloseReason::handshake_failed
                                                      : CloseReason::protocol_error);
            break;
        }
        heard_at_ = now;
        on_frame(transport_.header(), transport_.payload(), now, batch);
        if (output_.size() > output_allowed()) close(CloseReason::slow_reader);
    }
    return closing_ == CloseReason::none ? bytes.size() - wire.size() : bytes.size();
}

void Session::on_frame(const FrameHeader& header, ByteView payload, Instant now, ShareBatch& batch) {
    if (!mining_) {
        if (is<SetupConnection>(header)) return set_up(payload, now);
        return close(CloseReason::protocol_error);  // nothing may come before it
    }
    if (is<RequestExtensions>(header)) return negotiate(payload);
    mining_->on_frame(header, payload, now, batch);
}

void Session::refuse_setup(std::uint32_t flags, std::string_view code) {
    writer_.send(SetupConnectionError{flags, code});
    close(CloseReason::setup_refused);
}

void Session::set_up(ByteView payload, Instant now) {
    SetupConnection message;
    if (!parse(payload, message)) return close(CloseReason::protocol_error);
    if (message.protocol != static_cast<std::uint8_t>(Protocol::mining))
        return refuse_setup(0, setup_error::unsupported_protocol);
    if (message.min_version > protocol_version || message.max_version < protocol_version)
        return refuse_setup(0, setup_error::protocol_version_mismatch);
    const auto& settings = settings_.mining;
    auto missing = message.flags & ~mining_flags_known;
    if (!settings.job_declaration) missing |= message.flags & mining_requires_work_selection;
    if (settings.version_mask == 0) missing |= message.flags & mining_requires_version_rolling;
    if (missing != 0) return refuse_setup(missing, setup_error::unsupported_feature_flags);
    std::uint32_t flags = 0;
    if (settings.version_mask == 0) flags |= mining_requires_fixed_version;
    if ((message.flags & mining_requires_work_selection) != 0) flags |= mining_requires_extended_channels;
    writer_.send(SetupConnectionSuccess{protocol_version, flags});
    opened_at_ = now;
    mining_ = std::make_unique<Mining>(settings, host_, writer_, *this, message.flags);
}

void Session::negotiate(ByteView payload) {
    RequestExtensions message;
    if (!parse(payload, message)) return close(CloseReason::protocol_error);
    const auto& wanted = message.requested_extensions;
    if (std::find(wanted.begin(), wanted.end(), extension_worker_identity) == wanted.end())
        return writer_.send(RequestExtensionsError{message.request_id, wanted, {}});
    mining_->use_worker_identity();
    writer_.send(RequestExtensionsSuccess{message.request_id, {extension_worker_identity}});
}

void Session::settle(const PendingShare& share, const Verdict& verdict, Instant now) {
    if (!verdict.reject) ++accepted_;
    mining_->settle(share, verdict, now);
}

void Session::on_job(Instant now) {
    if (mining() && closing_ == CloseReason::none) mining_->on_job(now);
}

void Session::on_timer(Instant now) {
    if (!mining_) {
        if (now - opened_at_ >= settings_.setup_timeout) close(CloseReason::login_timeout);
        return;
    }
    if (!mining_->opened_any() && now - opened_at_ > settings_.channel_timeout)
        return close(CloseReason::login_timeout);
    if (now - heard_at_ > settings_.idle_timeout) return close(CloseReason::idle);
    mining_->on_timer(now);
}

std::optional<Session::Instant> Session::flush_at() const {
    return mining_ ? mining_->flush_at() : std::nullopt;
}

void Session::flush(Instant now) {
    if (mining_) mining_->flush(now);
}

Channel* Session::channel_of(const PendingShare& share) {
    return mining_ && !share.channel_missing ? mining_->channel_of(share) : nullptr;
}

bool Session::mining() const { return mining_ && mining_->channels() > 0; }

bool Session::begun() const { return mining_ && mining_->channels() > 0; }

std::size_t Session::output_allowed() const {
    return output_bytes_max + (mining_ ? mining_->channels() * output_bytes_per_channel : 0);
}

std::vector<EndedChannel> Session::take_channels() {
    return mining_ ? mining_->take_channels() : std::vector<EndedChannel>();
}

std::vector<std::uint32_t> Session::worker_numbers() const {
    return mining_ ? mining_->worker_numbers() : std::vector<std::uint32_t>();
}

}  // namespace stratum::v2

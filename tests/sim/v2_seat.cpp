#include "tests/sim/v2_seat.h"

#include <algorithm>

#include "stratum/v2/error_codes.h"
#include "stratum/v2/messages_common.h"

namespace sim {

using namespace stratum::v2;
using stratum::CloseReason;

namespace {

constexpr std::uint16_t worker_names = 2;  // the extension

TransportKeys keys_of(std::uint8_t receive, std::uint8_t send) {
    TransportKeys out;
    out.receive.fill(receive);
    out.send.fill(send);
    return out;
}

std::string_view code_of(Answer answer, bool fixed_versions) {
    switch (answer) {
        case Answer::no_channel:
            return submit_error::invalid_channel_id;
        case Answer::unknown_job:
            return submit_error::invalid_job_id;
        case Answer::stale:
            return submit_error::stale_share;
        case Answer::extranonce_size:
            return submit_error::bad_extranonce_size;
        case Answer::low_difficulty:
            return submit_error::difficulty_too_low;
        case Answer::duplicate:
            return submit_error::duplicate_share;
        case Answer::bad_version:
            return fixed_versions ? submit_error::version_rolling_not_allowed
                                  : submit_error::invalid_non_rollable_version_bit;
        default:
            return submit_error::invalid_share;
    }
}

}  // namespace

V2Seat::V2Seat(Pool& pool, const SessionSettings& settings, std::string user, Kind kind, Habit habit)
    : pool_(pool), settings_(settings), user_(std::move(user)), kind_(kind), shares_(pool, habit) {}

void V2Seat::connect(bool /*resume: V2 knows none*/) {
    session_ = std::make_unique<Session>(settings_, pool_.desk(), keys_of(1, 2), pool_.now);
    transport_ = std::make_unique<Transport>(keys_of(2, 1));
    client_ = std::make_unique<V2Client>(kind_ == Kind::standard_jobs, pool_.fixed_versions);
    set_up_ = names_workers_ = false;
    shares_.forget();
    SetupConnection setup;
    setup.min_version = setup.max_version = protocol_version;
    setup.flags = kind_ == Kind::standard_jobs ? mining_requires_standard_jobs : 0;
    setup.vendor = "sim";
    say(setup);
    listen();
    require(set_up_, "a connection is set up");
    if (kind_ == Kind::proxy) {
        say(RequestExtensions{7, {worker_names}});
        listen();
        require(names_workers_, "worker names are negotiated");
    }
    const bool many = kind_ == Kind::standard_jobs || kind_ == Kind::group;
    for (auto i = many ? 1 + pool_.random() % (channels_per_seat_max - 1) : 1; i > 0; --i) open_channel();
    listen();
    client_->check_started();
}

void V2Seat::disconnect() {
    ++pool_.ledger.counts.reconnects;
    pool_.settle();
    listen();
    for (auto& [id, channel] : client_->channels) end_channel(channel);
    client_.reset();
    pool_.desk().park(*session_, pool_.now);
    session_.reset();
    job_due = false;
}

void V2Seat::crash() {
    for (const auto& [id, channel] : client_->channels)
        for (const auto& share : channel.accepted) pool_.ledger.leave_unanswered(share.hash, share.credit);
    errors_.clear();
    pending_.clear();
    client_.reset();
    session_.reset();
    job_due = false;
}

V2Channel* V2Seat::any_channel() {
    std::vector<V2Channel*> all;
    for (auto& [id, channel] : client_->channels)
        if (!channel.closing) all.push_back(&channel);
    return all.empty() ? nullptr : all[pool_.random() % all.size()];
}

std::size_t V2Seat::open_channels() const {
    return static_cast<std::size_t>(std::count_if(client_->channels.begin(), client_->channels.end(),
                                                  [](const auto& each) { return !each.second.closing; }));
}

// -- shares

void V2Seat::mine() {
    for (auto shares = 1 + pool_.random() % 5; shares > 0 && open(); --shares) {
        listen();
        auto* channel = any_channel();
        if (channel == nullptr) return open_channel();
        if (auto share = shares_.make(*client_, *channel, names_workers_)) submit(std::move(*share));
        // With shares of it under way. Few jobs, so that an update cannot push theirs out.
        if (one_in(pool_.random, 40) && channel->model.size() < stratum::issued_jobs_max / 2)
            update(*channel);
        else if (one_in(pool_.random, 30))
            close(*channel);
    }
}

void V2Seat::submit(V2Share share) {
    if (!open()) return;
    pool_.make_room();
    pending_.push_back(share);
    if (share.standard)
        say(SubmitSharesStandard{share.channel, share.sequence, share.job, share.nonce, share.ntime,
                                 share.version});
    else
        say(SubmitSharesExtended{share.channel, share.sequence, share.job, share.nonce, share.ntime,
                                 share.version, share.rest, stratum::view_of(share.extension_area)});
}

Answer V2Seat::settle_prediction(V2Share& share) {
    auto* channel = share.channel_fits ? client_->find(share.channel) : nullptr;
    if (channel == nullptr) return Answer::no_channel;
    const auto prediction = channel->model.judge(share.sent, pool_.oldest_template(), pool_.now);
    if (prediction.block) pool_.ledger.expect_block(share.sent.header);
    if (prediction.answer != Answer::accepted) return prediction.answer;
    channel->proved = true;
    channel->accepted.push_back({share.sequence,
                                 share.sent.hash,
                                 {prediction.target, share.user + "." + share.name},
                                 pool_.now,
                                 prediction.block});
    accepted_at_.push_back(pool_.now);
    return Answer::accepted;
}

void V2Seat::before_settling() {
    if (!session_) return;
    listen();
    for (auto& share : pending_) {
        const auto answer = settle_prediction(share);
        ++pool_.ledger.counts.v2.at(static_cast<std::size_t>(answer));
        if (answer != Answer::accepted) errors_.push_back({share.channel, share.sequence, answer});
    }
    pending_.clear();
}

void V2Seat::after_settling() {
    if (!session_) return;
    listen();
    require(errors_.empty(), "every refused share is answered at once");
    for (const auto& [id, channel] : client_->channels) {
        if (channel.closing) continue;
        require(channel.accepted.size() < settings_.mining.success_batch, "a full batch is told at once");
        for (const auto& share : channel.accepted) require(!share.block, "a block is told at once");
    }
    end_closed_channels();
}

void V2Seat::on_error(const SubmitSharesError& message) {
    const std::string code(message.error_code);
    require(!errors_.empty(), "no refusal without a wrong share: " + code);
    const auto expected = errors_.front();
    errors_.pop_front();
    require(message.channel_id == expected.channel && message.sequence_number == expected.sequence,
            "refusals come in the order of the shares: " + code);
    require(code == code_of(expected.answer, pool_.fixed_versions),
            std::string("the answer is the model's ") +
                answer_names.at(static_cast<std::size_t>(expected.answer)) + ": " + code);
}

void V2Seat::on_success(const SubmitSharesSuccess& message) {
    auto& channel = client_->open_channel(message.channel_id, "a success");
    ++pool_.ledger.counts.batches;
    require(message.new_submits_accepted_count > 0, "a success tells of a share");
    require(message.new_submits_accepted_count <= channel.accepted.size(),
            "no more shares are told than were accepted");
    double difficulty = 0;
    std::uint32_t last = 0;
    for (auto i = message.new_submits_accepted_count; i > 0; --i) {
        const auto share = channel.accepted.front();
        channel.accepted.pop_front();
        pool_.ledger.acknowledge(share.hash, share.credit);
        difficulty += stratum::difficulty_of_target(share.credit.target);
        last = share.sequence;
    }
    require(message.last_sequence_number == last, "a success names the last share that it tells of");
    require(message.new_shares_sum == static_cast<std::uint64_t>(difficulty), "a success sums its shares");
}

// -- listening and checking

void V2Seat::listen() {
    require(session_->output().size() <= session_->output_allowed() + 64 * 1024, "output is bounded");
    const auto wire = std::exchange(session_->output(), {});
    auto left = stratum::view_of(wire);
    while (transport_->read(left, payload_bytes_max) == Read::frame)
        on_frame(transport_->header(), transport_->payload());
    require(left.empty(), "every frame ends");
}

void V2Seat::on_frame(const FrameHeader& header, stratum::ByteView payload) {
    if (is<SubmitSharesSuccess>(header)) {
        SubmitSharesSuccess message;
        require(parse(payload, message).has_value() && header.channel_message, "a success parses");
        return on_success(message);
    }
    if (is<SubmitSharesError>(header)) {
        SubmitSharesError message;
        require(parse(payload, message).has_value() && header.channel_message, "a refusal parses");
        return on_error(message);
    }
    if (is<SetupConnectionSuccess>(header)) {
        SetupConnectionSuccess message;
        require(parse(payload, message).has_value() && !set_up_, "a setup is answered once");
        require((message.flags == mining_requires_fixed_version) == pool_.fixed_versions,
                "a setup tells whether versions may be rolled");
        set_up_ = true;
        return;
    }
    if (is<RequestExtensionsSuccess>(header)) {
        names_workers_ = true;
        return;
    }
    const auto refusals = client_->capacity_refusals;
    if (auto* opened = client_->hear(header, payload, moment())) {
        ++pool_.ledger.counts.channels_opened;
        pool_.ledger.hold_prefix(opened->prefix_text(), Ledger::Holder::fresh, pool_.now);
    }
    if (client_->capacity_refusals != refusals) pool_.check_exhausted();
}

void V2Seat::announce() {
    job_due = false;
    listen();
    session_->on_job(pool_.now);
    listen();
}

void V2Seat::on_timer() {
    const auto before = client_->targets_changed;
    session_->on_timer(pool_.now);
    listen();
    pool_.ledger.counts.retargets += client_->targets_changed - before;
    for (auto& [id, channel] : client_->channels) channel.model.forget_before(pool_.oldest_template());
}

// The shard calls flush() when flush_at() is past; a busy one is late.
void V2Seat::on_step() {
    const auto due = session_->flush_at();
    if (!due || *due > pool_.now || one_in(pool_.random, 4)) return;
    session_->flush(pool_.now);
    listen();
    const auto delay = settings_.mining.success_delay;
    for (const auto& [id, channel] : client_->channels)
        require(channel.accepted.empty() || channel.accepted.front().since + delay > pool_.now,
                "no accepted share waits longer than the flush delay");
    while (!accepted_at_.empty() && accepted_at_.front() + delay <= pool_.now) accepted_at_.pop_front();
}

void V2Seat::check() {
    listen();
    require(pending_.empty(), "no share is left unsettled");
    end_closed_channels();
    client_->check_started();
    const auto kept = session_->kept();
    require(kept.channels == client_->channels.size(), "closed channels are gone");
    require(kept.jobs <= client_->job_ids_alive(), "job ids are forgotten with their templates");
    require(kept.due <= accepted_at_.size(), "what is to be told is bounded");
    for (const auto& [id, channel] : client_->channels)
        require(channel.accepted.empty() ||
                    (session_->flush_at() && *session_->flush_at() <= channel.accepted.front().since +
                                                                          settings_.mining.success_delay),
                "an accepted share has an instant when it is told");
}

}  // namespace sim

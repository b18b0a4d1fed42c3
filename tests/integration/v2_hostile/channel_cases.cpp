// Channels opened, changed and closed wrongly, and messages nobody knows.

#include <limits>

#include "stratum/v2/error_codes.h"
#include "tests/integration/v2_hostile/cases.h"

namespace hostile {

namespace {

void require_code(const std::string& got, std::string_view wanted, const std::string& what) {
    require(got == wanted, what + ": '" + got + "' instead of '" + std::string(wanted) + "'");
}

void channels_that_cannot_be(const Arena& arena) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    Attacker attacker(arena);
    for (const ChannelKind kind : {ChannelKind::standard, ChannelKind::extended}) {
        const auto refused = [&](auto change, std::string_view code, const std::string& what) {
            auto wish = attacker.wish(kind);
            change(wish);
            require_code(attacker.open_refused(wish), code, what);
        };
        using namespace v2::open_error;
        for (const float rate : {std::numeric_limits<float>::quiet_NaN(), infinity, -infinity, -1.0F})
            refused([&](auto& w) { w.nominal_hash_rate = rate; }, invalid_nominal_hashrate, "no hash rate");
        refused([](auto& w) { w.max_target = Uint256(); }, max_target_out_of_range, "a target of zero");
        refused([](auto& w) { w.user = ""; }, invalid_user_identity, "no identity");
        refused([](auto& w) { w.user = "a\nb"; }, invalid_user_identity, "an identity of two lines");
        refused([](auto& w) { w.user = "nobody-is-called-so.w"; }, unknown_user, "an unknown user");
        refused([](auto& w) { w.user = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4.w"; }, unknown_user,
                "an address of another network");
        refused([](auto& w) { w.user = std::string(255, 'x'); }, unknown_user, "a very long identity");
    }
    for (const auto bytes : std::initializer_list<std::uint16_t>{17, 33, 65535}) {
        auto wish = attacker.wish();
        wish.min_extranonce_bytes = bytes;
        require_code(attacker.open_refused(wish), v2::open_error::min_extranonce_size_too_large,
                     "too many bytes of extranonce");
    }
    attacker.open(ChannelKind::standard);
    auto most = attacker.wish();
    most.min_extranonce_bytes = 16;
    attacker.open(most);
    attacker.require_clean();
}

void extended_channel_with_standard_jobs(const Arena& arena) {
    Attacker attacker(arena, v2::mining_requires_standard_jobs);
    require_code(attacker.open_refused(attacker.wish()),
                 v2::open_error::extended_channels_not_supported_for_standard_jobs, "an extended channel");
    attacker.open(ChannelKind::standard);
    attacker.require_clean();
}

// A rate of nothing and one of everything are both possible.
void extreme_hash_rates(const Arena& arena) {
    Attacker attacker(arena);
    for (const float rate : {0.0F, 1e-38F, 1e38F, std::numeric_limits<float>::max()}) {
        auto wish = attacker.wish();
        wish.nominal_hash_rate = rate;
        attacker.open(wish);
    }
    attacker.require_clean();
}

void updates_that_cannot_be(const Arena& arena) {
    struct Row {
        std::uint32_t channel;
        float rate;
        std::string_view code;
    };
    Attacker attacker(arena);
    const std::uint32_t known = attacker.open().id();
    for (const Row& row :
         {Row{1, 5, v2::update_error::invalid_channel_id}, Row{0, 5, v2::update_error::invalid_channel_id},
          Row{~0U, 5, v2::update_error::invalid_channel_id},
          Row{known, std::numeric_limits<float>::quiet_NaN(), v2::update_error::invalid_nominal_hashrate}}) {
        attacker.forget_frames();
        attacker.client().send(v2::UpdateChannel{
            .channel_id = row.channel, .nominal_hash_rate = row.rate, .maximum_target = Uint256::max()});
        const Frame* frame = attacker.heard<v2::UpdateChannelError>();
        v2::UpdateChannelError error;
        require(frame != nullptr && v2::parse(frame->payload, error).has_value(), "no UpdateChannel.Error");
        require_code(std::string(error.error_code), row.code, "an update");
        require(error.channel_id == row.channel, "UpdateChannel.Error names another channel");
    }
    attacker.forget_frames();
    attacker.client().update(*attacker.client().channel(known), 1e12F, Uint256::max() >> 20);
    require(attacker.heard<v2::SetTarget>() != nullptr, "a right update brings no target");
    attacker.require_clean();
}

void closing_what_is_not_there(const Arena& arena) {
    Attacker attacker(arena);
    const std::uint32_t id = attacker.open().id();
    for (const std::uint32_t wrong : {0U, 77U, ~0U})
        attacker.client().send(v2::CloseChannel{.channel_id = wrong, .reason_code = "x"});
    attacker.client().close(id);
    attacker.client().send(v2::CloseChannel{.channel_id = id, .reason_code = "again"});
    V2Channel& next = attacker.open();
    require(next.id() != id, "the id of a closed channel is given again");
    require(attacker.submit(next, attacker.share(next)).empty(), "a share of the next channel is refused");
    attacker.client().send(v2::CloseChannel{.channel_id = next.group_id(), .reason_code = "all"});
    attacker.talk([] { return false; }, 200ms);
    require(attacker.answer_to(extended_for(next.id())) == v2::submit_error::invalid_channel_id,
            "closing the group leaves its channels");
}

void unknown_messages_are_passed_over(const Arena& arena) {
    Attacker attacker(arena);
    attacker.set_up();
    const v2::FrameHeader headers[] = {
        {.extension = 0, .channel_message = false, .type = 0x99},
        {.extension = 0, .channel_message = true, .type = 0xff},
        {.extension = 0x4001, .channel_message = false, .type = 0},
        {.extension = 0x7fff, .channel_message = true, .type = 0x1b},
        {.extension = 1, .channel_message = false, .type = 0x55},
        v2::header_of<v2::SetTarget>(0),  // the pool's own messages
        v2::header_of<v2::NewExtendedMiningJob>(0),
        v2::header_of<v2::SubmitSharesSuccess>(0),
    };
    for (const auto& header : headers) {
        attacker.client().send_frame(header, "");
        attacker.client().send_frame(header, std::string(100'000, 'x'));
    }
    attacker.open();
    attacker.require_clean();
}

void bytes_behind_a_message_are_passed_over(const Arena& arena) {
    Attacker attacker(arena);
    attacker.set_up();
    const auto with_tail = [&]<v2::Message M>(const M& message) {
        std::string payload;
        v2::append(message, payload);
        payload += "what a later version says";
        attacker.client().send_frame(v2::header_of<M>(0), payload);
    };
    with_tail(v2::UpdateChannel{.channel_id = 5, .nominal_hash_rate = 1, .maximum_target = Uint256(9)});
    require(attacker.heard<v2::UpdateChannelError>() != nullptr, "a message with a tail is not answered");
    V2Channel& channel = attacker.open();
    const auto share = attacker.share(channel);
    channel.note_submitted(500);
    with_tail(v2::SubmitSharesExtended{.channel_id = channel.id(),
                                       .sequence_number = 500,
                                       .job_id = channel.job()->id,
                                       .nonce = share.nonce,
                                       .ntime = share.ntime,
                                       .version = share.version,
                                       .extranonce = share.rest,
                                       .extension_area = {}});
    require(attacker.talk([&] { return channel.waiting() == 0; }), "a share with a tail is not answered");
    require(attacker.heard<v2::SubmitSharesSuccess>() != nullptr, "a share with a tail is refused");
    attacker.require_clean();
}

// Messages that end too early, or whose parts are longer than their types.
void messages_that_cannot_be_read(const Arena& arena) {
    const std::pair<v2::FrameHeader, std::string> frames[] = {
        {v2::header_of<v2::OpenExtendedMiningChannel>(0), std::string(10, '\xff')},
        {v2::header_of<v2::OpenStandardMiningChannel>(0), ""},
        {v2::header_of<v2::SubmitSharesExtended>(0), std::string(24, '\0') + '\x21' + std::string(33, '\0')},
        {v2::header_of<v2::SubmitSharesStandard>(0), std::string(23, '\0')},
        {v2::header_of<v2::SetCustomMiningJob>(0), std::string(40, '\xff')},
        {v2::header_of<v2::UpdateChannel>(0), std::string(4, '\0')},
        {v2::header_of<v2::CloseChannel>(0), std::string(3, '\0')},
    };
    for (const auto& [header, payload] : frames) {
        Attacker attacker(arena);
        attacker.open();
        attacker.client().send_frame(header, payload);
        attacker.require_end(soon,
                             "an unreadable message of type " + std::to_string(header.type) + " is kept");
    }
}

void oversized_frame(const Arena& arena) {
    for (const std::size_t bytes : {std::size_t{1} << 18, std::size_t{0xffffff}}) {
        Attacker attacker(arena);
        attacker.open();
        attacker.client().send_frame(v2::header_of<v2::SetCustomMiningJob>(0), std::string(bytes, 'x'));
        attacker.say(attacker.client().output().substr(0, v2::sealed_header_bytes));
        attacker.hold_tongue();
        attacker.require_end(soon, "a frame of " + std::to_string(bytes) + " bytes is waited for");
    }
}

void custom_job_without_declaration(const Arena& arena) {
    Attacker attacker(arena);
    const std::uint32_t id = attacker.open().id();
    const std::string token = "no token", coinbase(100, '\xee');
    for (const std::uint32_t channel : {id, 1U, 99U}) {
        attacker.forget_frames();
        v2::SetCustomMiningJob job;
        job.channel_id = channel;
        job.request_id = 4711;
        job.mining_job_token = stratum::view_of(token);
        job.coinbase_prefix = stratum::view_of(coinbase);
        job.coinbase_tx_outputs = stratum::view_of(coinbase);
        attacker.client().send(job);
        const Frame* frame = attacker.heard<v2::SetCustomMiningJobError>();
        v2::SetCustomMiningJobError error;
        require(frame != nullptr && v2::parse(frame->payload, error).has_value(),
                "a custom job is not refused");
        require_code(std::string(error.error_code), v2::custom_job_error::jd_not_supported, "a custom job");
        require(error.channel_id == channel && error.request_id == 4711, "its refusal names another request");
    }
    attacker.require_clean();
}

}  // namespace

std::vector<Case> channel_cases() {
    return {
        {"channels_that_cannot_be", channels_that_cannot_be},
        {"extended_channel_with_standard_jobs", extended_channel_with_standard_jobs},
        {"extreme_hash_rates", extreme_hash_rates},
        {"updates_that_cannot_be", updates_that_cannot_be},
        {"closing_what_is_not_there", closing_what_is_not_there},
        {"unknown_messages_are_passed_over", unknown_messages_are_passed_over},
        {"bytes_behind_a_message_are_passed_over", bytes_behind_a_message_are_passed_over},
        {"messages_that_cannot_be_read", messages_that_cannot_be_read},
        {"oversized_frame", oversized_frame},
        {"custom_job_without_declaration", custom_job_without_declaration},
    };
}

}  // namespace hostile

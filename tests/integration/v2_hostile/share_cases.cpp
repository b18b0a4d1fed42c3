// Shares that must not count, each with its code.

#include "stratum/v2/error_codes.h"
#include "stratum/v2/tlv.h"
#include "tests/integration/v2_hostile/cases.h"

namespace hostile {

namespace {

namespace code = v2::submit_error;

void require_verdict(const std::string& got, std::string_view wanted, const std::string& what) {
    require(got == wanted, what + ": '" + got + "' instead of '" + std::string(wanted) + "'");
}

void shares_of_no_channel(const Arena& arena) {
    Attacker attacker(arena);
    V2Channel& extended = attacker.open();
    V2Channel& closed = attacker.open();
    const std::uint32_t closed_id = closed.id();
    attacker.client().close(closed_id);
    V2Channel& standard = attacker.open(ChannelKind::standard);
    const auto whole = attacker.share(extended);
    for (const std::uint32_t id : {0U, extended.group_id(), closed_id, 1000U, ~0U}) {
        const std::string what = "a share for channel " + std::to_string(id);
        require_verdict(attacker.answer_to(v2::SubmitSharesExtended{.channel_id = id,
                                                                    .job_id = extended.job()->id,
                                                                    .nonce = whole.nonce,
                                                                    .ntime = whole.ntime,
                                                                    .version = whole.version,
                                                                    .extranonce = whole.rest,
                                                                    .extension_area = {}}),
                        code::invalid_channel_id, what);
        require_verdict(attacker.answer_to(v2::SubmitSharesStandard{.channel_id = id}),
                        code::invalid_channel_id, what);
    }
    // The right message for each kind of channel.
    require(!attacker.answer_to(extended_for(standard.id())).empty(),
            "a standard channel takes an extended share");
    require(!attacker.answer_to(v2::SubmitSharesStandard{.channel_id = extended.id()}).empty(),
            "an extended channel takes a standard share");
    require_verdict(attacker.submit(extended, attacker.share(extended)), "", "a right share afterwards");
    require_verdict(attacker.submit(standard, attacker.share(standard)), "", "a right share afterwards");
}

void wrong_shares(const Arena& arena) {
    Attacker attacker(arena);
    V2Channel& channel = attacker.open();
    const auto verdict = [&](auto change) {
        auto share = attacker.share(channel);
        change(share);
        return attacker.submit(channel, share);
    };
    for (const std::size_t bytes : {0U, 1U, 15U, 17U, 32U})
        require_verdict(verdict([&](auto& s) { s.rest.resize(bytes); }), code::bad_extranonce_size,
                        "an extranonce of " + std::to_string(bytes));
    require_verdict(verdict([](auto& s) { s.version ^= 1; }), code::invalid_non_rollable_version_bit,
                    "a version bit that is not rolled");
    require_verdict(verdict([](auto& s) { s.version ^= 0x80000000; }), code::invalid_non_rollable_version_bit,
                    "the highest version bit");
    for (const std::uint32_t ntime : {0U, 1U, ~0U})
        require_verdict(verdict([&](auto& s) { s.ntime = ntime; }), code::invalid_share, "a wrong time");
    require_verdict(verdict([](auto& s) { s.ntime += 100'000; }), code::invalid_share, "a time of tomorrow");
    const auto share = attacker.share(channel);
    for (const std::uint32_t job : {0U, channel.job()->id + 1000, ~0U})
        require_verdict(attacker.submit(channel, share, job), code::invalid_job_id, "an unknown job");
    require_verdict(attacker.submit(channel, share), "", "a right share");
    require_verdict(attacker.submit(channel, share), code::duplicate_share, "the same again");
    require_verdict(attacker.submit(channel, attacker.share(channel)), "", "a right share");
    attacker.require_clean();
}

void shares_that_are_too_easy(const Arena& arena) {
    Attacker attacker(arena);
    auto wish = attacker.wish();
    wish.max_target = Uint256::max() >> 60;
    V2Channel& channel = attacker.open(wish);
    simulators::FoundShare share;
    share.rest = Bytes(channel.grant().rest_bytes);
    share.ntime = channel.work().ntime;
    share.version = channel.work().version;
    require_verdict(attacker.submit(channel, share), code::difficulty_too_low, "a share of difficulty 0");
    attacker.require_clean();
}

// Another channel's share is no share of this one: the extranonce makes it another header.
void a_share_of_another_channel(const Arena& arena) {
    Attacker attacker(arena);
    auto wish = attacker.wish();
    wish.max_target = Uint256::max() >> 16;
    V2Channel& mine = attacker.open(wish);
    V2Channel& other = attacker.open(wish);
    require_verdict(attacker.submit(other, attacker.share(mine), mine.job()->id), code::difficulty_too_low,
                    "a share of another channel");
    attacker.require_clean();
}

void worker_names(const Arena& arena) {
    Attacker attacker(arena);
    attacker.set_up();
    attacker.client().send(
        v2::RequestExtensions{.request_id = 1, .requested_extensions = {v2::extension_worker_identity}});
    require(attacker.heard<v2::RequestExtensionsSuccess>() != nullptr, "worker names are not granted");
    V2Channel& channel = attacker.open();
    const auto verdict = [&](const std::string& area) {
        const auto share = attacker.share(channel);
        return attacker.answer_to(v2::SubmitSharesExtended{.channel_id = channel.id(),
                                                           .job_id = channel.job()->id,
                                                           .nonce = share.nonce,
                                                           .ntime = share.ntime,
                                                           .version = share.version,
                                                           .extranonce = share.rest,
                                                           .extension_area = stratum::view_of(area)});
    };
    const auto named = [](const std::string& name) {
        std::string area;
        v2::append_tlv(area, {.extension = v2::extension_worker_identity,
                              .field = v2::worker_identity_field,
                              .value = stratum::view_of(name)});
        return area;
    };
    require(!verdict(named(std::string(33, 'x'))).empty(), "a name of 33 bytes counts");
    require(!verdict(named("\xff\xfe")).empty(), "a name that is no text counts");
    require(!verdict(named("a") + named("b")).empty(), "two names count");
    require(!verdict("rubbish").empty(), "an area that does not read counts");
    // Accepted ones: the client does not know of answer_to()'s, so they are only sent by submit().
    require_verdict(attacker.submit(channel, attacker.share(channel)), "", "a share without a name");
}

void stale_share(const Arena& arena) {
    Attacker attacker(arena);
    V2Channel& channel = attacker.open();
    const auto old_share = attacker.share(channel);
    const std::uint32_t old_job = channel.job()->id;
    const auto old_tip = channel.tip().previous;
    simulators::ShareMaker maker(channel.work(), channel.seat(), simulators::BlockWish::only, 77);
    const auto block = maker.next(1 << 22);
    require(block.has_value(), "no block was found: is this a test chain?");
    require_verdict(attacker.submit(channel, *block), "", "a block");
    require(attacker.talk([&] { return channel.tip().previous != old_tip; }), "a block brings no new tip");
    require_verdict(attacker.submit(channel, old_share, old_job), code::stale_share,
                    "a share of the old tip");
    require_verdict(attacker.submit(channel, attacker.share(channel)), "", "a share of the new tip");
    attacker.require_clean();
}

}  // namespace

std::vector<Case> share_cases() {
    return {
        {"shares_of_no_channel", shares_of_no_channel},
        {"wrong_shares", wrong_shares},
        {"shares_that_are_too_easy", shares_that_are_too_easy},
        {"a_share_of_another_channel", a_share_of_another_channel},
        {"worker_names", worker_names},
        {"stale_share", stale_share, false, true},
    };
}

}  // namespace hostile

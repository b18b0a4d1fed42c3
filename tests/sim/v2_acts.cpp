// What a V2 client does beside mining: opens, closes and updates channels, and speaks nonsense.

#include "stratum/v2/messages_common.h"
#include "tests/sim/v2_seat.h"

namespace sim {

using namespace stratum::v2;

namespace {

constexpr std::uint32_t group = 1;

stratum::Uint256 any_max_target(Random& random) {
    if (!one_in(random, 4)) return stratum::Uint256::max();
    // Powers of two of difficulty, and targets between them; some are harder than the network's.
    const auto target = stratum::Difficulty::fraction(24 + static_cast<int>(random() % 9))->target();
    return one_in(random, 2) ? target : target + stratum::Uint256{12345};
}

// Some three seconds a share at 1 to 64 hashes each, as the difficulties here have it.
float any_hash_rate(Random& random) {
    return one_in(random, 2) ? 0.0f : static_cast<float>(1 + random() % 64) / 3;
}

}  // namespace

void V2Seat::open_channel() {
    V2Client::Opening opening;
    opening.standard = kind_ == Kind::standard_jobs || (kind_ == Kind::group && one_in(pool_.random, 2));
    opening.user = user_;
    opening.name = one_in(pool_.random, 4) ? "" : one_in(pool_.random, 2) ? "one" : "two";
    opening.max_target = any_max_target(pool_.random);
    const auto identity =
        opening.name.empty() ? user_ : user_ + (one_in(pool_.random, 2) ? "." : "_") + opening.name;
    const auto request = ++next_request_;
    client_->openings.emplace(request, opening);
    const auto rate = any_hash_rate(pool_.random);
    if (opening.standard)
        say(OpenStandardMiningChannel{request, identity, rate, opening.max_target});
    else
        say(OpenExtendedMiningChannel{request, identity, rate, opening.max_target,
                                      static_cast<std::uint16_t>(pool_.random() % 17)});
    listen();
}

void V2Seat::open_wrongly() {
    V2Client::Opening opening;
    opening.standard = kind_ == Kind::standard_jobs;
    opening.refused = true;
    const auto request = ++next_request_;
    client_->openings.emplace(request, opening);
    const auto most = stratum::Uint256::max();
    switch (pool_.random() % 4) {
        case 0:
            say(OpenExtendedMiningChannel{request, user_, 1, most, 17});
            break;
        case 1:
            say(OpenStandardMiningChannel{request, "nobody", 1, most});
            break;
        case 2:
            say(OpenStandardMiningChannel{request, user_, 1, {}});
            break;
        default:
            say(OpenStandardMiningChannel{request, user_ + ".a\nb", 1, most});
    }
    listen();
}

void V2Seat::close(V2Channel& channel) {
    if (!open()) return;
    listen();  // what was told before is told
    channel.closing = true;
    say(CloseChannel{channel.id, "done"});
    ++pool_.ledger.counts.channels_closed;
}

void V2Seat::close_group() {
    listen();
    for (auto& [id, channel] : client_->channels) {
        if (!channel.closing) ++pool_.ledger.counts.channels_closed;
        channel.closing = true;
    }
    say(CloseChannel{group, "all"});
}

// Its shares that were never told of are credited all the same.
void V2Seat::end_channel(const V2Channel& channel) {
    for (const auto& share : channel.accepted) pool_.ledger.acknowledge(share.hash, share.credit);
    pool_.ledger.counts.untold += channel.accepted.size();
    if (channel.proved)
        pool_.ledger.release_prefix(channel.prefix_text(), pool_.now, pool_.now + stratum::job_kept_for);
    else
        pool_.ledger.release_unproved_prefix(channel.prefix_text());
}

void V2Seat::end_closed_channels() {
    for (auto at = client_->channels.begin(); at != client_->channels.end();) {
        if (!at->second.closing) {
            ++at;
            continue;
        }
        end_channel(at->second);
        at = client_->channels.erase(at);
    }
}

void V2Seat::update(V2Channel& channel) {
    if (!open()) return;
    listen();
    UpdateChannel message;
    message.channel_id = channel.id;
    message.nominal_hash_rate = any_hash_rate(pool_.random);
    message.maximum_target = any_max_target(pool_.random);
    channel.max_target = message.maximum_target;
    const auto heard = client_->targets_heard;
    say(message);
    listen();
    require(!open() || client_->targets_heard > heard, "an update is answered with a target");
    ++pool_.ledger.counts.updates;
}

void V2Seat::storm(V2Channel& channel) {
    pool_.settle();  // its shares under way would be of jobs that it pushes out
    // More, at times, than a template has variants.
    for (auto i = 10 + pool_.random() % 50; i > 0; --i) update(channel);
}

void V2Seat::speak_nonsense() {
    switch (pool_.random() % 4) {
        case 0: {
            const auto before = client_->update_errors;
            say(UpdateChannel{0xffffffff, 1, stratum::Uint256::max()});
            listen();
            return require(client_->update_errors == before + 1, "an update of no channel is refused");
        }
        case 1: {
            const auto before = client_->custom_job_errors;
            say(SetCustomMiningJob{});
            listen();
            return require(client_->custom_job_errors == before + 1, "a custom job is refused");
        }
        case 2:
            say(CloseChannel{0xffffffff, "nobody"});
            return;
        default:
            say(SetGroupChannel{1, {2, 3}});  // no message of a client's: ignored
    }
}

void V2Seat::act() {
    auto* channel = any_channel();
    const auto dice = pool_.random() % 10;
    if (channel == nullptr || (dice < 3 && open_channels() < channels_per_seat_max))
        open_channel();
    else if (dice < 5)
        close(*channel);
    else if (dice < 8)
        update(*channel);
    else if (one_in(pool_.random, 3))
        storm(*channel);
    else if (one_in(pool_.random, 3))
        close_group();
    else if (one_in(pool_.random, 2))
        open_wrongly();
    else
        speak_nonsense();
}

}  // namespace sim

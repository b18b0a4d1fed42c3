// Too much of something. The pool may answer, slow down or hang up; what it may not is fall.

#include "stratum/v2/error_codes.h"
#include "tests/integration/v2_hostile/cases.h"

namespace hostile {

namespace {

// Sends without listening to more than what is at hand, until the pool hangs up or stops reading, or `bytes`
// have gone.
void pour(Attacker& attacker, const std::function<void()>& fill, std::size_t bytes) {
    for (std::size_t sent = 0; sent < bytes && attacker.socket().is_open();) {
        fill();
        sent += attacker.client().output().size();
        attacker.socket().write(std::exchange(attacker.client().output(), {}), 2s);
    }
}

void a_flood_of_bad_shares(const Arena& arena) {
    Attacker attacker(arena);
    V2Channel& channel = attacker.open();
    const auto share = attacker.share(channel);
    std::uint32_t number = 0;
    for (int round = 0; round < 200 && attacker.socket().is_open(); ++round) {
        for (int i = 0; i < 100; ++i)
            attacker.client().send(v2::SubmitSharesExtended{.channel_id = round % 2 == 0 ? 77U : channel.id(),
                                                            .sequence_number = number++,
                                                            .job_id = channel.job()->id,
                                                            .nonce = share.nonce,
                                                            .ntime = 5,
                                                            .version = share.version,
                                                            .extranonce = share.rest,
                                                            .extension_area = {}});
        attacker.talk([] { return false; }, 20ms);
    }
    require(!attacker.socket().is_open(), "20,000 bad shares and still a friend");
    require(attacker.at_hand<v2::SubmitSharesError>() != nullptr, "bad shares are not answered");
}

// One share again and again: it counts once.
void a_flood_of_one_share(const Arena& arena) {
    Attacker attacker(arena);
    V2Channel& channel = attacker.open();
    const auto share = attacker.share(channel);
    for (std::uint32_t i = 0; i < 5000 && attacker.socket().is_open(); ++i) {
        attacker.client().submit(channel, {.job_id = channel.job()->id, .sequence_number = i}, share);
        if (i % 100 == 0) attacker.talk([] { return false; }, 10ms);
    }
    attacker.talk([&] { return channel.waiting() == 0; });
    std::uint64_t accepted = 0;
    for (const Frame& frame : attacker.frames()) {
        v2::SubmitSharesSuccess success;
        if (v2::is<v2::SubmitSharesSuccess>(frame.header) && v2::parse(frame.payload, success).has_value())
            accepted += success.new_submits_accepted_count;
    }
    require(accepted <= 1, "the same share counts " + std::to_string(accepted) + " times");
}

void a_reader_that_is_slow(const Arena& arena) {
    Attacker attacker(arena);
    const std::uint32_t id = attacker.open().id();
    pour(
        attacker,
        [&] {
            for (int i = 0; i < 1000; ++i)
                attacker.client().send(v2::UpdateChannel{
                    .channel_id = id, .nominal_hash_rate = 1, .maximum_target = Uint256::max()});
        },
        std::size_t{64} << 20);
    require(!attacker.socket().is_open(), "64 MB of requests were taken, and no answer was read");
}

void thousands_of_channels(const Arena& arena) {
    constexpr std::size_t wanted = 20'000;
    Attacker attacker(arena, v2::mining_requires_standard_jobs);
    attacker.set_up();
    const auto refused = [&] {
        const auto& frames = attacker.frames();
        return !frames.empty() && v2::is<v2::OpenMiningChannelError>(frames.back().header);
    };
    for (std::size_t opened = 0; opened < wanted && !refused();) {
        for (int i = 0; i < 200; ++i) attacker.client().open(attacker.wish(ChannelKind::standard));
        opened += 200;
        attacker.forget_frames();
        require(
            attacker.talk([&] { return refused() || attacker.client().channels().size() >= opened; }, 30s),
            "channels are neither opened nor refused");
    }
    require(refused(), "20,000 channels on one connection");
    v2::OpenMiningChannelError error;
    require(v2::parse(attacker.frames().back().payload, error).has_value() &&
                error.error_code == v2::open_error::channel_capacity_exhausted,
            "one channel too many: '" + std::string(error.error_code) + "'");
    attacker.require_clean();
    require_service(arena);
}

// Channels come and go as fast as they can: nothing of them stays.
void channels_that_come_and_go(const Arena& arena) {
    Attacker attacker(arena);
    attacker.set_up();
    for (int round = 0; round < 100; ++round) {
        for (int i = 0; i < 20; ++i) attacker.client().open(attacker.wish());
        require(attacker.talk([&] { return attacker.client().channels().size() == 20; }),
                "a channel is not opened");
        while (!attacker.client().channels().empty())
            attacker.client().close(attacker.client().channels().begin()->first);
        attacker.forget_frames();
    }
    attacker.require_clean();
}

void halves_in_thousands(const Arena& arena) {
    constexpr std::size_t many = 3000;
    std::vector<simulators::ByteSocket> halves(many);
    for (std::size_t i = 0; i < many; ++i) {
        // From few addresses, as one who cannot choose them.
        require(halves[i].open(arena.url, "127.77.7." + std::to_string(1 + i % 4)),
                "half a handshake cannot connect");
        halves[i].write(std::string(1 + i % 63, 'x'), 2s);
        if (i % 1000 == 999) require_service(arena);
    }
    require_service(arena);
}

// The costly part of a connection is its handshake.
void handshakes_as_fast_as_they_come(const Arena& arena) {
    std::vector<simulators::ByteSocket> sockets(1000);
    const std::string act1(v2::act1_bytes, 'h');
    for (std::size_t i = 0; i < sockets.size(); ++i) {
        require(sockets[i].open(arena.url, fresh_address()), "a handshake cannot connect");
        sockets[i].write(act1, 2s);
        if (i % 250 == 249) require_service(arena);
    }
}

}  // namespace

std::vector<Case> flood_cases() {
    return {
        {"a_flood_of_bad_shares", a_flood_of_bad_shares},
        {"a_flood_of_one_share", a_flood_of_one_share},
        {"a_reader_that_is_slow", a_reader_that_is_slow},
        {"thousands_of_channels", thousands_of_channels},
        {"channels_that_come_and_go", channels_that_come_and_go},
        {"halves_in_thousands", halves_in_thousands},
        {"handshakes_as_fast_as_they_come", handshakes_as_fast_as_they_come},
    };
}

}  // namespace hostile

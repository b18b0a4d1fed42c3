#pragma once
// One V2 session in a small pool, and a client that keeps what it hears. Past the handshake: both sides are
// given their keys.

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stratum/v2/messages_common.h"
#include "stratum/v2/messages_mining.h"
#include "stratum/v2/session.h"
#include "stratum/v2/transport.h"
#include "tests/catch.h"
#include "tests/unit/stratum/pool_world.h"

namespace stratum::v2::testing {

using stratum::testing::make_template;
using stratum::testing::new_template;
using stratum::testing::test_address;

struct Frame {
    FrameHeader header;
    Bytes payload;
};

// A message with the bytes its views look into.
template <Message M>
struct Heard {
    M message;
    Bytes payload;
    const M* operator->() const { return &message; }
};

inline TransportKeys keys_of(std::uint8_t receive, std::uint8_t send) {
    TransportKeys out;
    out.receive.fill(receive);
    out.send.fill(send);
    return out;
}

class MiningWorld : public stratum::testing::PoolWorld {
  public:
    MiningWorld() : client_(keys_of(2, 1)) {
        settings.mining.difficulty_start = *Difficulty::fraction(32);
        settings.mining.difficulty_min = *Difficulty::fraction(32);
        settings.mining.vardiff.enabled = false;
        settings.mining.difficulty_capped_by_network = false;
        connect();
    }
    void connect() {
        session = std::make_unique<Session>(settings, *this, keys_of(1, 2), now);
        client_ = Transport(keys_of(2, 1));
        frames.clear();
    }

    template <Message M>
    void send(const M& message) {
        std::string frame;
        append_frame(message, frame);
        send_frame(view_of(frame));
    }
    // Header and payload in plain.
    void send_frame(ByteView frame) {
        std::array<std::uint8_t, 6> head{};
        std::copy_n(frame.begin(), head.size(), head.begin());
        std::string wire;
        client_.write(parse_frame_header(head), frame.subspan(head.size()), wire);
        feed(*session, wire);
        hear();
    }
    void hear() {
        const auto wire = std::exchange(session->output(), {});
        ByteView left = view_of(wire);
        while (client_.read(left, payload_bytes_max) == Read::frame)
            frames.push_back({client_.header(), {client_.payload().begin(), client_.payload().end()}});
        REQUIRE(left.empty());
    }
    void announce(TemplatePtr work) {
        on_template(std::move(work));
        session->on_job(now);
        hear();
    }

    // The next frame, which must be an M.
    template <Message M>
    Heard<M> expect() {
        INFO(M::name);
        REQUIRE_FALSE(frames.empty());
        auto frame = std::move(frames.front());
        frames.pop_front();
        CAPTURE(frame.header.extension, int{frame.header.type});
        REQUIRE(is<M>(frame.header));
        CHECK(frame.header.channel_message == M::channel_message);
        Heard<M> out{{}, std::move(frame.payload)};
        REQUIRE(parse(out.payload, out.message).has_value());
        return out;
    }

    void set_up(std::uint32_t flags = 0) {
        SetupConnection message;
        message.min_version = message.max_version = protocol_version;
        message.flags = flags;
        message.vendor = "test";
        send(message);
        CHECK(expect<SetupConnectionSuccess>()->used_version == protocol_version);
    }
    Heard<OpenStandardMiningChannelSuccess> open_standard(std::string_view identity = test_identity) {
        OpenStandardMiningChannel message;
        message.request_id = 10;
        message.user_identity = identity;
        message.max_target = Uint256::max();
        send(message);
        return expect<OpenStandardMiningChannelSuccess>();
    }
    Heard<OpenExtendedMiningChannelSuccess> open_extended(std::string_view identity = test_identity) {
        OpenExtendedMiningChannel message;
        message.request_id = 11;
        message.user_identity = identity;
        message.max_target = Uint256::max();
        message.min_extranonce_size = 4;
        send(message);
        return expect<OpenExtendedMiningChannelSuccess>();
    }

    static inline const std::string test_identity = std::string(test_address) + ".rig";
    SessionSettings settings;
    std::unique_ptr<Session> session;
    std::deque<Frame> frames;

  private:
    Transport client_;
};

}  // namespace stratum::v2::testing

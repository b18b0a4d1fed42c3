#pragma once
// One connection of the hostile client: from an address of its own, because a pool bans addresses that send
// rubbish. It can behave (the strict client does the talking) up to any point, and then says what a case
// wants. A case fails by throwing Failed. One thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulators/byte_socket.h"
#include "tests/simulators/v2_client.h"

namespace hostile {

namespace v2 = stratum::v2;
using simulators::ChannelKind;
using simulators::V2Channel;
using simulators::V2Client;
using stratum::Bytes;
using stratum::Uint256;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// What is attacked.
struct Arena {
    std::string url;   // stratum2+tcp://HOST:PORT/KEY
    std::string user;  // a payout address the pool takes
};

class Failed : public std::runtime_error {
    using std::runtime_error::runtime_error;
};
void require(bool condition, const std::string& what);

inline constexpr auto soon = 5s;            // an answer, or the end after a broken frame
inline constexpr auto handshake_end = 13s;  // the pool's 10 s and its timer

struct Frame {
    v2::FrameHeader header;
    Bytes payload;
};

class Attacker final : public simulators::V2Events {
  public:
    enum class Setup { by_client, by_case };
    // Connects; throws when the pool cannot be reached. The flags are those of SetupConnection.
    explicit Attacker(const Arena& arena, std::uint32_t flags = 0, Setup setup = Setup::by_client);

    [[nodiscard]] V2Client& client() { return client_; }
    [[nodiscard]] simulators::ByteSocket& socket() { return socket_; }
    // Bytes past the client, as they are.
    void say(std::string_view bytes) { socket_.write(bytes, 5s); }
    // What the client has to say is not sent.
    void hold_tongue() { client_.output().clear(); }

    // Talks until `reached` or the end of the time or of the connection; true when reached.
    bool talk(const std::function<bool()>& reached, std::chrono::milliseconds limit = soon);
    // Each throws when it does not come to it.
    void shake_hands();  // act 2 is here, SetupConnection is held back
    void set_up();
    V2Channel& open(ChannelKind kind = ChannelKind::extended);
    V2Channel& open(simulators::V2Open wish);
    // The code of the refusal.
    std::string open_refused(simulators::V2Open wish);
    // A valid share of the channel's work.
    [[nodiscard]] simulators::FoundShare share(V2Channel& channel);
    // Submits it and tells the code of its refusal; empty: accepted.
    std::string submit(V2Channel& channel, const simulators::FoundShare& share,
                       std::optional<std::uint32_t> job = {});
    // The same for a message that names a channel and a sequence number.
    template <v2::Message M>
    std::string answer_to(M message) {
        message.sequence_number = ++sequence_;
        client_.send(message);
        return verdict(sequence_);
    }
    // The first frame of a kind since forget_frames(): at hand, or coming soon. Null: none.
    template <v2::Message M>
    [[nodiscard]] const Frame* at_hand() const {
        return find(M::extension, M::type);
    }
    template <v2::Message M>
    const Frame* heard() {
        talk([&] { return at_hand<M>() != nullptr; });
        return at_hand<M>();
    }
    void forget_frames() { frames_.clear(); }
    [[nodiscard]] const std::vector<Frame>& frames() const { return frames_; }

    // The pool hangs up in time; reads on until then.
    void require_end(std::chrono::milliseconds limit, const std::string& what);
    [[nodiscard]] const std::string& setup_code() const { return setup_code_; }
    [[nodiscard]] std::uint32_t setup_flags() const { return setup_flags_; }
    // The pool broke no rule of the protocol, as far as the strict client can tell.
    void require_clean();
    [[nodiscard]] simulators::V2Open wish(ChannelKind kind = ChannelKind::extended) const {
        return {.kind = kind, .user = user_ + ".hostile"};
    }

  private:
    void on_setup_refused(std::string_view code, std::uint32_t flags) override {
        setup_code_ = code;
        setup_flags_ = flags;
    }
    void on_open_refused(std::uint32_t id, std::string_view code) override { refusals_[id] = code; }
    void on_rejected(std::uint32_t, std::uint32_t number, std::string_view code) override {
        verdicts_[number] = code;
    }
    void on_accepted(V2Channel&, std::uint32_t number) override { verdicts_[number] = ""; }
    void on_frame(const v2::FrameHeader& header, stratum::ByteView payload) override {
        frames_.push_back({header, {payload.begin(), payload.end()}});
    }
    const Frame* find(std::uint16_t extension, std::uint8_t type) const;
    std::string verdict(std::uint32_t sequence);

    std::string user_;
    simulators::ByteSocket socket_;
    V2Client client_;
    std::string setup_code_;
    std::uint32_t setup_flags_ = 0;
    std::map<std::uint32_t, std::string> refusals_;  // by request
    std::map<std::uint32_t, std::string> verdicts_;  // by sequence number
    std::vector<Frame> frames_;
    std::uint32_t sequence_ = 0;
    std::uint64_t seed_ = 1;
};

// A submission of nothing for a channel.
inline v2::SubmitSharesExtended extended_for(std::uint32_t channel_id) {
    v2::SubmitSharesExtended message;
    message.channel_id = channel_id;
    return message;
}

// A miner that behaves: sets up, opens a channel and has ten shares accepted, each step soon.
void require_service(const Arena& arena);
// 127.x.y.z, another one each time.
std::string fresh_address();

}  // namespace hostile

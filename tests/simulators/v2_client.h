#pragma once
// A strict Stratum V2 mining client without a socket: bytes in, bytes out, events. Used by the CPU miner, the
// load generator and the hostile client; never by the server. Handshake, frames and messages are those of
// stratum/v2; what a job means and what a header is made of follows the client's own rules (mining_work.h).
// What the server does that real clients choke on is kept in violations(). One thread; time is an argument.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "stratum/v2/message.h"
#include "stratum/v2/messages_common.h"
#include "stratum/v2/messages_mining.h"
#include "stratum/v2/noise.h"
#include "stratum/v2/transport.h"
#include "tests/simulators/v2_channel.h"

namespace simulators {

struct V2Options {
    std::string host = "127.0.0.1";  // told in SetupConnection
    std::uint16_t port = 3336;
    std::uint32_t flags = stratum::v2::mining_requires_version_rolling;
    std::string vendor = "hashyard-simulator";
    bool sets_up = true;                             // false: SetupConnection is the caller's to send
    std::optional<stratum::v2::XOnlyKey> authority;  // whose certificate is asked for; none: any
    bool worker_names = false;                       // asks for extension 0x0002
    std::vector<V2Open> channels;                    // opened once the connection is set up
};

class V2Client;

class V2Events {
  public:
    virtual ~V2Events() = default;
    virtual void on_set_up() {}  // before channels are opened
    virtual void on_setup_refused(std::string_view /*code*/, std::uint32_t /*flags*/) {}
    virtual void on_channel(V2Channel&) {}
    virtual void on_open_refused(std::uint32_t /*request_id*/, std::string_view /*code*/) {}
    // The channel has other work: its first, a new active job or a new tip. Not before it is open.
    virtual void on_work(V2Channel&) {}
    virtual void on_accepted(V2Channel&, std::uint32_t /*sequence_number*/) {}
    // The channel may be one that is not known.
    virtual void on_rejected(std::uint32_t /*channel_id*/, std::uint32_t /*sequence_number*/,
                             std::string_view /*code*/) {}
    virtual void on_channel_closed(std::uint32_t /*channel_id*/, std::string_view /*reason*/) {}
    // Every frame, before it is taken.
    virtual void on_frame(const stratum::v2::FrameHeader&, stratum::ByteView /*payload*/) {}
};

class V2Client {
  public:
    // The ephemeral key is for this connection only. Act 1 is ready in output().
    V2Client(V2Options options, const stratum::v2::KeyPair& ephemeral, V2Events& events);

    enum class State : std::uint8_t { handshake, setup, extensions, ready, failed };
    // `now`: Unix seconds, for the certificate. After State::failed nothing is taken any more.
    void receive(stratum::ByteView bytes, std::uint32_t now);
    // To be sent; the caller takes it.
    [[nodiscard]] std::string& output() { return out_; }

    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] const std::string& trouble() const { return trouble_; }  // why it failed
    [[nodiscard]] const Violations& violations() const { return violations_; }
    [[nodiscard]] bool has_worker_names() const { return worker_names_; }  // negotiated
    [[nodiscard]] std::map<std::uint32_t, V2Channel>& channels() { return channels_; }
    [[nodiscard]] V2Channel* channel(std::uint32_t id);
    // All that a message with this id is for: a channel, or the members of a group.
    [[nodiscard]] std::vector<V2Channel*> addressed(std::uint32_t id);

    std::uint32_t open(V2Open wish);  // the request id
    void close(std::uint32_t channel_id);
    void update(V2Channel& channel, float nominal_hash_rate, const Uint256& max_target);

    struct Submission {
        std::uint32_t job_id = 0;
        std::uint32_t sequence_number = 0;
        std::string_view worker{};  // told when names were negotiated
    };
    void submit(V2Channel& channel, const Submission& submission, const FoundShare& share);

    // Any message, for clients that say odd things.
    template <stratum::v2::Message M>
    void send(const M& message) {
        std::string payload;
        stratum::v2::append(message, payload);
        send_frame(stratum::v2::header_of<M>(payload.size()), payload);
    }
    void send_frame(const stratum::v2::FrameHeader& header, std::string_view payload);

  private:
    // The frame's message. False when it does not parse: then the client has failed.
    template <stratum::v2::Message M>
    bool read(M& message);
    void fail(const std::string& why);
    void fault(const std::string& text) { violations_.add(text); }
    void take_act2(stratum::ByteView& wire, std::uint32_t now);
    void take_frame();
    void take_setup_answer();
    void take_extensions_answer();
    void become_ready();
    void take_mining_message();
    void take_standard_success();
    void take_extended_success();
    void add_channel(std::uint32_t request_id, ChannelKind kind, V2Grant grant);
    void take_open_error();
    void take_job();
    void take_extended_job();
    void give_job(std::uint32_t address, std::shared_ptr<const V2Job> job,
                  std::optional<std::uint32_t> min_ntime);
    void take_prev_hash();
    void take_target();
    void take_shares_success();
    void take_shares_error();
    void take_close();
    void take_group();
    // addressed(), held against the rules of addressing: `what` is the message's name.
    std::vector<V2Channel*> checked(std::uint32_t id, std::string_view what);
    void remove(std::uint32_t channel_id);
    [[nodiscard]] bool asked_for(std::uint32_t flag) const { return (options_.flags & flag) != 0; }

    V2Options options_;
    stratum::v2::Initiator initiator_;
    V2Events& events_;
    State state_ = State::handshake;
    std::string trouble_;
    Violations violations_;
    std::string out_;
    stratum::Bytes act2_;
    std::optional<stratum::v2::Transport> transport_;
    bool worker_names_ = false;
    bool fixed_version_ = false;
    std::uint32_t next_request_id_ = 1;
    std::map<std::uint32_t, V2Open> opening_;  // by request id
    std::map<std::uint32_t, V2Channel> channels_;
    std::map<std::uint32_t, std::vector<std::uint32_t>> groups_;  // members
    std::set<std::uint32_t> closed_;  // ids of this connection's past channels: messages may be on their way
    Prefixes prefixes_;
};

template <stratum::v2::Message M>
bool V2Client::read(M& message) {
    stratum::v2::Reader reader(transport_->payload());
    M::fields(message, reader);
    if (transport_->header().channel_message != M::channel_message)
        fault(std::string(M::name) + " with the wrong channel bit");
    if (reader.error()) {
        fail(std::string(M::name) + " does not parse: " + std::string(explain(*reader.error())));
        return false;
    }
    if (!reader.left().empty()) fault("bytes stand behind " + std::string(M::name));
    return true;
}

}  // namespace simulators

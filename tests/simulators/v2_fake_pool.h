#pragma once
// The least Stratum V2 pool that a client can mine at: a pure responder for tests of the clients, one object
// a connection. It checks shares with stratum/'s own hashing, sends what a test tells it to send, and breaks
// any rule on request. Not a model of the server: no vardiff, no duplicates, no deadlines. One thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stratum/uint256.h"
#include "stratum/v2/ellswift.h"
#include "stratum/v2/message.h"
#include "stratum/v2/messages_common.h"
#include "stratum/v2/messages_mining.h"
#include "stratum/v2/noise.h"
#include "stratum/v2/transport.h"

namespace simulators {

using stratum::Bytes;
using stratum::Hash256;
using stratum::Uint256;

// Keys and certificate of one fake pool.
struct FakePoolKeys {
    stratum::v2::KeyPair server;
    stratum::v2::XOnlyKey authority;
    stratum::v2::Certificate certificate;

    static FakePoolKeys make(const stratum::v2::RandomSource& random, const stratum::v2::Validity& validity);
};

struct FakeTip {
    Hash256 previous;
    std::uint32_t ntime = 1'700'000'000;
    std::uint32_t nbits = 0x207fffff;
};

struct FakePoolOptions {
    Uint256 target = Uint256::max() >> 8;
    bool grants_names = true;   // extension 0x0002
    bool answers_opens = true;  // by itself, with a first job and tip
};

class V2FakePool {
  public:
    V2FakePool(const FakePoolKeys& keys, const stratum::v2::KeyPair& ephemeral, FakePoolOptions options,
               const FakeTip& tip)
        : keys_(keys), ephemeral_(ephemeral), options_(std::move(options)), tip_(tip) {}

    // False: hang up.
    bool receive(stratum::ByteView bytes);
    [[nodiscard]] std::string& output() { return out_; }

    struct Share {
        std::uint32_t channel_id = 0;
        std::uint32_t job_id = 0;
        std::string worker;  // from its extension area
        Hash256 hash;
        bool accepted = false;
    };
    [[nodiscard]] const std::vector<Share>& shares() const { return shares_; }
    [[nodiscard]] const std::vector<std::uint32_t>& channel_ids() const { return channel_ids_; }
    [[nodiscard]] std::uint32_t flags() const { return flags_; }
    [[nodiscard]] std::uint32_t last_request_id() const { return last_request_id_; }

    // Work on another tip for every channel: for the group at once, or for each where jobs are standard.
    void new_tip(const FakeTip& tip);
    // An active job for one address.
    std::uint32_t new_job(std::uint32_t address, std::optional<std::uint32_t> min_ntime);
    // Tells each channel of the shares that no Success has told yet.
    void flush();

    template <stratum::v2::Message M>
    void send(const M& message) {
        std::string payload;
        stratum::v2::append(message, payload);
        send_frame(stratum::v2::header_of<M>(payload.size()), payload);
    }
    void send_frame(const stratum::v2::FrameHeader& header, std::string_view payload) {
        transport_->write(header, stratum::view_of(payload), out_);
    }

    static constexpr std::uint32_t group_id = 1;
    static constexpr std::size_t rest_bytes = 16;
    static constexpr std::uint32_t batch = 10;  // shares that one Success tells

  private:
    struct Channel {
        Bytes prefix;
        bool standard = false;
        std::uint32_t last_sequence_number = 0;
        std::uint32_t untold = 0;
    };

    bool take_frame();
    bool take_setup();
    void take_extensions();
    void open(std::uint32_t request_id, bool standard);
    void future_job(std::uint32_t channel_id);
    void send_job(std::uint32_t address, std::uint32_t job_id, std::optional<std::uint32_t> min_ntime);
    void send_tip(std::uint32_t address, std::uint32_t job_id);
    [[nodiscard]] Hash256 root_of(const Bytes& extranonce) const;
    void take_share(const stratum::v2::SubmitSharesExtended& share);
    void tell(std::uint32_t channel_id, Channel& channel);
    template <stratum::v2::Message M>
    [[nodiscard]] std::optional<M> read() const;

    const FakePoolKeys& keys_;
    stratum::v2::KeyPair ephemeral_;
    FakePoolOptions options_;
    FakeTip tip_;
    std::string out_;
    Bytes act1_;
    std::optional<stratum::v2::Transport> transport_;
    std::uint32_t flags_ = 0;
    bool names_ = false;
    std::uint32_t last_request_id_ = 0;
    std::uint32_t next_channel_id_ = 2;
    std::uint32_t next_job_id_ = 1;
    std::uint32_t first_valid_job_ = 1;  // older ones are stale
    std::map<std::uint32_t, Channel> channels_;
    std::vector<std::uint32_t> channel_ids_;
    std::vector<Share> shares_;
};

}  // namespace simulators

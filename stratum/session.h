#pragma once
// One connection without its socket, whatever protocol it speaks: bytes and jobs in, bytes out. Pure; lives
// on its shard's thread. v1/session.h and v2/mining_session.h are the two kinds.
//
//   receive()   takes bytes from the client; answers go to output(), submissions into a ShareBatch
//   settle()    takes the verdict of one of them and writes its answer
//   on_job()    announces the newest template
//   on_timer()  call about every ten seconds: time limits, vardiff
//   output()    bytes to be sent; closing() says whether to hang up once they are

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stratum/channel.h"
#include "stratum/session_host.h"

namespace stratum {

class Session;

struct PendingShare {
    Session* session = nullptr;
    std::string id;                // V1: JSON text to be echoed
    std::uint32_t channel = 0;     // V2: channel id
    std::uint32_t sequence = 0;    // V2: sequence number
    bool channel_missing = false;  // V2: no such channel takes shares of this kind
    std::uint32_t worker = 0;      // valid unless examined.refused is unauthorized or not_subscribed
    Examined examined;
};
using ShareBatch = std::vector<PendingShare>;  // at most share_batch_max

enum class CloseReason : std::uint8_t {
    none,
    line_too_long,
    not_stratum,
    junk,
    misbehaviour,
    login_timeout,
    idle,
    slow_reader,
    prefixes_exhausted,
    handshake_failed,
    protocol_error,  // V2: a frame that cannot be read
    setup_refused,   // V2: the client needs what we cannot serve, and was told so
};
std::string_view name_of(CloseReason reason);

class Session {
  public:
    using Instant = std::chrono::steady_clock::time_point;
    virtual ~Session() = default;

    // Returns how many bytes were consumed: all, unless the batch is full or must be settled first, or the
    // session closes.
    virtual std::size_t receive(std::string_view bytes, Instant now, ShareBatch& batch) = 0;
    virtual void settle(const PendingShare& share, const Verdict& verdict, Instant now) = 0;
    virtual void on_job(Instant now) = 0;
    virtual void on_timer(Instant now) = 0;
    // Answers that may leave together wait until flush_at() for more of them; then flush() writes them.
    [[nodiscard]] virtual std::optional<Instant> flush_at() const { return std::nullopt; }
    virtual void flush(Instant /*now*/) {}

    // The channel of a pending share; null when it had none. Stays until the share is settled.
    [[nodiscard]] virtual Channel* channel_of(const PendingShare& share) = 0;
    [[nodiscard]] virtual bool mining() const = 0;  // takes jobs
    [[nodiscard]] virtual bool begun() const = 0;   // holds a channel of its shard
    // Gives its channels away; the session is over.
    virtual std::vector<EndedChannel> take_channels() = 0;
    // May its client come back to its channel with its session id?
    [[nodiscard]] virtual bool resumable() const = 0;
    [[nodiscard]] virtual std::vector<std::uint32_t> worker_numbers() const = 0;

    // Bytes that may wait for a slow reader.
    [[nodiscard]] virtual std::size_t output_allowed() const { return output_bytes_max; }
    std::string& output() { return output_; }
    [[nodiscard]] CloseReason closing() const { return closing_; }
    void close(CloseReason reason) {
        if (closing_ == CloseReason::none) closing_ = reason;
    }
    [[nodiscard]] std::uint64_t accepted() const { return accepted_; }

  protected:
    std::string output_;
    std::uint64_t accepted_ = 0;
    CloseReason closing_ = CloseReason::none;
};

}  // namespace stratum

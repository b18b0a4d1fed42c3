#pragma once
// What a session asks of its shard. Calls come on the shard's thread.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "stratum/channel.h"
#include "stratum/extranonce.h"
#include "stratum/job.h"
#include "stratum/target.h"

namespace stratum::v2 {
struct DeclaredJob;
}

namespace stratum {

struct LoginResult {
    std::optional<std::uint32_t> worker;   // number of the worker; empty: refused
    std::string message;                   // why, for the miner's screen
    std::optional<Difficulty> remembered;  // what vardiff had found for this worker
};

// A channel that its session is done with.
struct EndedChannel {
    Channel channel;
    std::uint32_t worker = 0;  // whose difficulty vardiff found; 0: nobody's
    bool proved = false;       // it had an accepted share
};

class SessionHost {
  public:
    using Instant = std::chrono::steady_clock::time_point;
    virtual ~SessionHost() = default;
    virtual JobTable& jobs() = 0;
    // nullopt: all are taken, or the shard has too many channels.
    virtual std::optional<Prefix> allocate_prefix(Instant now) = 0;
    // A channel ended before its session: nobody holds its prefix any more.
    virtual void end_channel(EndedChannel ended, Instant now) = 0;
    // The parked channel that this session id proves to own, or a new one under its prefix when nobody has
    // it.
    virtual std::optional<Channel> resume(std::string_view session_id, std::uint8_t rest_bytes,
                                          Instant now) = 0;
    virtual std::string session_id_of(Prefix prefix) = 0;
    // Each login is given back by one logout(), or by the session's end (worker_numbers()).
    virtual LoginResult login(std::string_view user, std::string_view worker) = 0;
    virtual void logout(std::uint32_t worker) = 0;
    // V2: the declared job behind a token; null when there is none.
    virtual std::shared_ptr<const v2::DeclaredJob> declared(ByteView /*token*/) { return nullptr; }
};

}  // namespace stratum

#pragma once
// Answers act 1 of Stratum V2 handshakes, on a thread of its own, so that no shard does curve arithmetic: one
// handshake is about 0.1 ms, as much as some dozens of shares. Shards ask, and are answered by a value that
// names the connection. While nothing is asked, ephemeral keys are made ahead, and once a minute the
// certificate is looked after (IdentityKeeper).
//
// ask() is for any thread, start() and stop() for their owner; the rest is the thread `handshake`.

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "server/bounded_queue.h"
#include "server/pool/ip_address.h"
#include "server/pool/server_identity.h"
#include "stratum/v2/noise.h"

namespace server::pool {

// A connection of a shard. A descriptor is used again by the next connection, a serial never is.
struct ConnectionName {
    int descriptor = -1;
    std::uint64_t serial = 0;

    bool operator==(const ConnectionName&) const = default;
};

struct HandshakeOrder {
    ConnectionName connection;
    IpAddress peer;
    std::chrono::steady_clock::time_point asked_at;
    stratum::v2::Act1 act1{};
};
struct HandshakeReply {
    ConnectionName connection;
    IpAddress peer;
    std::chrono::steady_clock::time_point asked_at;
    stratum::v2::Response response;
};

// Who asked.
class HandshakeAsker {
  public:
    virtual ~HandshakeAsker() = default;
    // On the desk's thread; does not wait.
    virtual void on_handshake(HandshakeReply reply) = 0;
};

// 8,192 that wait are answered within a second, a tenth of what clients wait; 1.5 MB.
inline constexpr std::size_t handshakes_waiting_max = 8192;
// Under way for one shard: what its queue of replies holds.
inline constexpr std::size_t handshakes_per_shard_max = 4096;
// Of these, from one address: half, so that none can keep the others out. A farm behind one address comes
// back at two thousand machines at a time.
inline constexpr std::size_t handshakes_per_peer_max = 2048;

class HandshakeDesk {
  public:
    // `identity` outlives the desk.
    HandshakeDesk(IdentityKeeper& identity, stratum::v2::RandomSource random);
    ~HandshakeDesk() { stop(); }
    HandshakeDesk(const HandshakeDesk&) = delete;
    HandshakeDesk& operator=(const HandshakeDesk&) = delete;

    void start();
    void stop();  // what waits then is never answered
    // False when too many wait or the desk has stopped. Each taken order is answered once; `asker` lives
    // until stop().
    [[nodiscard]] bool ask(const HandshakeOrder& order, HandshakeAsker& asker);

  private:
    struct Waiting {
        HandshakeOrder order;
        HandshakeAsker* asker = nullptr;
    };
    static constexpr std::size_t stock_max = 512;  // key pairs; 50 KB, and a twentieth of a second to make

    void run();
    void answer(const Waiting& waiting, const ServerIdentity& identity);

    IdentityKeeper& identity_;
    const stratum::v2::RandomSource random_;
    std::vector<stratum::v2::KeyPair> stock_;  // ephemeral, each for one handshake
    BoundedQueue<Waiting> waiting_{handshakes_waiting_max};
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace server::pool

#pragma once
// What a shard remembers of peers' addresses: open sessions, handshakes under way, and strikes. Pure; on its
// shard's thread; bounded. Strikes come only from sessions that misbehaved without one accepted share, so
// rented hashrate and proxies behind one address are never shut out for what one of their machines does.

#include <chrono>
#include <cstddef>
#include <map>

#include "server/pool/ip_address.h"

namespace server::pool {

class PeerBook {
  public:
    using Instant = std::chrono::steady_clock::time_point;
    static constexpr std::size_t peers_max = 65'536;

    // False: refuse the connection, the peer is shut out for now or has `sessions_max` open (0: no limit).
    [[nodiscard]] bool open(const IpAddress& peer, std::size_t sessions_max, Instant now);
    // `misbehaved`: closed for junk or refused submissions, and no share of it was ever accepted.
    void close(const IpAddress& peer, bool misbehaved, Instant now);
    // Of a peer with an open session. False: so many are under way for it.
    [[nodiscard]] bool begin_handshake(const IpAddress& peer, std::size_t handshakes_max);
    void end_handshake(const IpAddress& peer);  // the session may have ended before
    void proved_itself(const IpAddress& peer);  // an accepted share
    [[nodiscard]] std::size_t size() const { return peers_.size(); }

  private:
    struct Peer {
        std::size_t sessions = 0;
        std::size_t handshakes = 0;
        int strikes = 0;
        Instant struck_at{};
        Instant shut_out_until{};
    };
    void forget_if_nothing(std::map<IpAddress, Peer>::iterator it);
    void forget_quiet(Instant now);
    std::map<IpAddress, Peer> peers_;
};

}  // namespace server::pool

#include "server/pool/peer_book.h"

#include <algorithm>

namespace server::pool {
namespace {
constexpr int strikes_before_shut_out = 3;
constexpr std::chrono::seconds first_shut_out{30};
constexpr int shut_out_doublings_max = 5;  // 16 minutes
constexpr std::chrono::minutes strikes_fade_after{30};
}  // namespace

bool PeerBook::open(const IpAddress& peer, std::size_t sessions_max, Instant now) {
    if (peers_.size() >= peers_max) forget_quiet(now);
    if (peers_.size() >= peers_max && !peers_.contains(peer)) return false;
    auto& known = peers_[peer];
    if (now < known.shut_out_until) return false;
    if (sessions_max != 0 && known.sessions >= sessions_max) return false;
    ++known.sessions;
    return true;
}

void PeerBook::close(const IpAddress& peer, bool misbehaved, Instant now) {
    const auto it = peers_.find(peer);
    if (it == peers_.end()) return;
    auto& known = it->second;
    if (known.sessions > 0) --known.sessions;
    if (misbehaved) {
        if (now - known.struck_at > strikes_fade_after) known.strikes = 0;
        known.struck_at = now;
        if (++known.strikes >= strikes_before_shut_out) {
            const int doublings = std::min(known.strikes - strikes_before_shut_out, shut_out_doublings_max);
            known.shut_out_until = now + first_shut_out * (1 << doublings);
        }
    }
    forget_if_nothing(it);
}

bool PeerBook::begin_handshake(const IpAddress& peer, std::size_t handshakes_max) {
    auto& known = peers_[peer];
    if (known.handshakes >= handshakes_max) return false;
    ++known.handshakes;
    return true;
}

void PeerBook::end_handshake(const IpAddress& peer) {
    const auto it = peers_.find(peer);
    if (it == peers_.end()) return;
    if (it->second.handshakes > 0) --it->second.handshakes;
    forget_if_nothing(it);
}

void PeerBook::forget_if_nothing(std::map<IpAddress, Peer>::iterator it) {
    const auto& known = it->second;
    if (known.sessions == 0 && known.handshakes == 0 && known.strikes == 0) peers_.erase(it);
}

void PeerBook::proved_itself(const IpAddress& peer) {
    const auto it = peers_.find(peer);
    if (it == peers_.end()) return;
    it->second.strikes = 0;
    it->second.shut_out_until = {};
}

void PeerBook::forget_quiet(Instant now) {
    std::erase_if(peers_, [now](const auto& entry) {
        return entry.second.sessions == 0 && entry.second.handshakes == 0 &&
               now >= entry.second.shut_out_until && now - entry.second.struck_at > strikes_fade_after;
    });
}

}  // namespace server::pool

#pragma once
// One stratum connection of a shard: socket, what stands before the protocol (PROXY header, first bytes, TLS,
// handshake), and the session. Plain data of shard.cpp, on its thread.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "server/pool/handshake_desk.h"
#include "server/pool/ip_address.h"
#include "server/pool/journal_folder.h"
#include "server/pool/tls.h"
#include "stratum/v1/session.h"
#include "stratum/v2/settings.h"

namespace server::pool {

// Spelled as the metric label and the API do. stratum_auto: a port that takes all of them, and a connection
// there that has not yet said which.
enum class Protocol : std::uint8_t { stratum_v1, stratum_v1_tls, stratum_v2, stratum_auto };
inline constexpr std::size_t protocol_count = 4;
const char* name_of(Protocol protocol);

// Why a V2 client got no session; the metric's label. timeout: act 1 did not come. busy: too many handshakes
// under way. other_protocol: V1 or TLS on a port for V2. bad_frame: what came after act 2 does not decrypt.
enum class HandshakeFailure : std::uint8_t { timeout, busy, other_protocol, bad_frame };
inline constexpr std::size_t handshake_failure_count = 4;
const char* name_of(HandshakeFailure failure);

// A port of the pool as one shard listens on it.
struct Listener {
    File socket;
    std::size_t index = 0;  // in PoolOptions::listeners
    Protocol protocol = Protocol::stratum_v1;
    std::vector<IpRange> proxy_trusted;
    stratum::v1::SessionSettings settings;
    stratum::v2::SessionSettings settings_v2;

    [[nodiscard]] bool takes_v2() const {
        return protocol == Protocol::stratum_v2 || protocol == Protocol::stratum_auto;
    }
};

struct Connection {
    // What the next bytes from the wire are.
    // opening: heard by the session too, but it may still turn out to be another shard's.
    enum class Stage : std::uint8_t { proxy_header, first_bytes, handshake, opening, session };

    Connection(File connected, const Listener& from, const IpAddress& address)
        : socket(std::move(connected)), listener(&from), protocol(from.protocol), peer(address) {}

    [[nodiscard]] ConnectionName name() const { return {socket.descriptor(), serial}; }

    File socket;
    const Listener* listener;
    Protocol protocol;  // as far as it is known
    IpAddress peer;     // the client, as a trusted proxy tells
    std::uint64_t serial = 0;
    std::unique_ptr<stratum::Session> session;  // a Doorstep until the protocol is known
    std::unique_ptr<TlsChannel> tls;
    std::unique_ptr<std::string> start;  // a PROXY header in pieces; first bytes; what was said while opening
    Stage stage = Stage::first_bytes;
    bool counted = false;       // in the PeerBook
    bool gone = false;          // the peer closed or the socket failed
    bool dirty = false;         // in the round's list
    bool wants_write = false;   // EPOLLOUT is asked for
    bool proved = false;        // an accepted share was told to the PeerBook
    bool flush_noted = false;   // in the timetable
    std::uint32_t answers = 0;  // submissions read in this round
    std::size_t sent = 0;       // of the bytes waiting for the wire
};

}  // namespace server::pool

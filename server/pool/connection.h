#pragma once
// One stratum connection of a shard: socket, what stands before the protocol (PROXY header, TLS), and the
// session. Plain data of shard.cpp, on its thread.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "server/pool/ip_address.h"
#include "server/pool/journal_folder.h"
#include "server/pool/tls.h"
#include "stratum/v1/session.h"

namespace server::pool {

// Spelled as the metric label and the API do.
enum class Protocol : std::uint8_t { stratum_v1, stratum_v1_tls };
inline constexpr std::size_t protocol_count = 2;
const char* name_of(Protocol protocol);

// A port of the pool as one shard listens on it.
struct Listener {
    File socket;
    std::size_t index = 0;  // in PoolOptions::listeners
    Protocol protocol = Protocol::stratum_v1;
    std::vector<IpRange> proxy_trusted;
    stratum::v1::SessionSettings settings;
};

struct Connection {
    // What the next bytes from the wire are.
    // opening: heard by the session too, but it may still turn out to be another shard's.
    enum class Stage : std::uint8_t { proxy_header, first_byte, opening, session };

    Connection(File connected, const Listener& from, const IpAddress& address, stratum::SessionHost& host,
               std::chrono::steady_clock::time_point now)
        : socket(std::move(connected)),
          listener(&from),
          peer(address),
          session(std::make_unique<stratum::v1::Session>(from.settings, host, now)) {}

    File socket;
    const Listener* listener;
    IpAddress peer;  // the client, as a trusted proxy tells
    std::unique_ptr<stratum::Session> session;
    std::unique_ptr<TlsChannel> tls;
    std::unique_ptr<std::string> start;  // a PROXY header in pieces; then what was said while opening
    Stage stage = Stage::first_byte;
    bool counted = false;       // in the PeerBook
    bool gone = false;          // the peer closed or the socket failed
    bool dirty = false;         // in the round's list
    bool wants_write = false;   // EPOLLOUT is asked for
    bool proved = false;        // an accepted share was told to the PeerBook
    std::uint32_t answers = 0;  // submissions read in this round
    std::size_t sent = 0;       // of the bytes waiting for the wire
};

}  // namespace server::pool

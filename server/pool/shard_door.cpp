// A shard's door: who is let in, and what stands before a session's bytes: a PROXY header, the first bytes
// that tell the protocol, TLS.

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "server/log.h"
#include "server/pool/doorstep.h"
#include "server/pool/first_bytes.h"
#include "server/pool/proxy_header.h"
#include "server/pool/shard.h"

namespace server::pool {
namespace {

using stratum::CloseReason;

// For who mistakes a V2 port for one of V1; miners' logs show it.
constexpr std::string_view v2_only =
    R"({"id":null,"result":null,"error":[20,"Only Stratum V2 here: use the pool's port for V1",null]})"
    "\n";

std::size_t at(Protocol protocol) { return static_cast<std::size_t>(protocol); }

}  // namespace

void Shard::accept_some(const Listener& listener) {
    constexpr int accepts_per_round = 64;
    for (int i = 0; i < accepts_per_round; ++i) {
        sockaddr_storage address{};
        socklen_t length = sizeof address;
        File socket(accept4(listener.socket.descriptor(), reinterpret_cast<sockaddr*>(&address), &length,
                            SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!socket.is_open()) {
            if (errno == EMFILE || errno == ENFILE) refuse_by_spare();
            if (errno == ECONNABORTED || errno == EINTR) continue;
            return;
        }
        if (!templates_flow_ || sessions_ >= options_.sessions_max)
            continue;  // closed: the miner tries its next pool
        const int on = 1;
        setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        auto connection = std::make_unique<Connection>(std::move(socket), listener, ip_of(address));
        if (listener.takes_v2())
            connection->session = std::make_unique<Doorstep>(round_at_);
        else
            begin_v1(*connection, listener.protocol);
        const bool proxied =
            std::any_of(listener.proxy_trusted.begin(), listener.proxy_trusted.end(),
                        [&](const IpRange& range) { return range.contains(connection->peer); });
        if (proxied)
            connection->stage = Connection::Stage::proxy_header;
        else if (!admit(*connection))
            continue;
        if (!enter(std::move(connection))) continue;
        // On a port for all of them, the opened ones are counted when they say which.
        if (listener.protocol != Protocol::stratum_auto)
            metrics_.sessions_opened[at(listener.protocol)].add();
    }
}

bool Shard::enter(std::unique_ptr<Connection> connection) {
    const auto descriptor = static_cast<std::size_t>(connection->socket.descriptor());
    if (connections_.size() <= descriptor)
        connections_.resize(std::max(descriptor + 1, connections_.size() * 3 / 2));
    connection->serial = ++last_serial_;
    const bool timed = !connection->listener->takes_v2() || note_time_limit(*connection);
    if (!timed || !poller_.add(connection->socket.descriptor(), EPOLLIN | EPOLLRDHUP, connection.get())) {
        if (connection->counted) peers_.close(connection->peer.peer(), false, round_at_);
        return false;
    }
    ++sessions_;
    metrics_.sessions[at(connection->protocol)].add();
    connections_[descriptor] = std::move(connection);
    return true;
}

// No descriptor is left: the waiting connection is taken with the spare one and closed, else it would wake us
// for ever.
void Shard::refuse_by_spare() {
    log::warn("descriptors_exhausted",
              {{"shard", options_.index},
               {"sessions", sessions_},
               {"remedy", "raise the limit of open files (ulimit -n, LimitNOFILE)"}});
    for (const auto& listener : listeners_) {
        spare_descriptor_ = File();
        const File refused(accept4(listener.socket.descriptor(), nullptr, nullptr, SOCK_CLOEXEC));
    }
    spare_descriptor_ = File(open("/dev/null", O_RDONLY | O_CLOEXEC));
    errno = EAGAIN;
}

bool Shard::admit(Connection& connection) {
    connection.counted = peers_.open(connection.peer.peer(), options_.sessions_per_ip_max, round_at_);
    return connection.counted;
}

void Shard::take_wire_bytes(Connection& connection, std::string_view bytes) {
    std::string joined;
    if (connection.stage == Connection::Stage::proxy_header) {
        if (connection.start) bytes = joined = *connection.start + std::string(bytes);
        const auto header = read_proxy_header(bytes);
        if (header.state == ProxyHeaderState::incomplete) {
            connection.start = std::make_unique<std::string>(bytes);
            return;
        }
        connection.start.reset();
        if (!header.client_address.empty())
            connection.peer = parse_ip(header.client_address).value_or(connection.peer);
        connection.stage = Connection::Stage::first_bytes;
        if (header.state == ProxyHeaderState::invalid || !admit(connection)) {
            connection.gone = true;
            return;
        }
        bytes.remove_prefix(header.bytes);
    }
    if (bytes.empty() || connection.session->closing() != CloseReason::none) return;
    const bool unknown = connection.stage == Connection::Stage::first_bytes && !connection.tls;
    if (unknown && connection.listener->takes_v2())
        take_first_bytes(connection, bytes);
    else if (connection.stage == Connection::Stage::handshake)
        refuse_early_bytes(connection);
    else
        take_session_bytes(connection, bytes);
}

void Shard::take_session_bytes(Connection& connection, std::string_view bytes) {
    if (!connection.tls) return take_plain_bytes(connection, bytes);
    std::string plain;
    const bool open = connection.tls->receive(bytes, plain);
    take_plain_bytes(connection, plain);
    if (!open) connection.gone = true;
    touch(connection);
}

// Decides which protocol it is; until then the bytes wait in connection.start, at most 63 of them.
void Shard::take_first_bytes(Connection& connection, std::string_view bytes) {
    std::string joined;
    if (connection.start) bytes = joined = *connection.start + std::string(bytes);
    const auto kind = read_first_bytes(bytes);
    if (kind == FirstBytes::undecided) {
        connection.start = std::make_unique<std::string>(bytes);
        return;
    }
    connection.start.reset();
    const bool any = connection.listener->protocol == Protocol::stratum_auto;
    switch (kind) {
        case FirstBytes::v2:
            know_protocol(connection, Protocol::stratum_v2);
            return begin_handshake(connection, bytes);
        case FirstBytes::v1:
            if (!any) return refuse_protocol(connection, kind);
            break;
        case FirstBytes::tls:
            if (!any || encryption_.tls == nullptr) return refuse_protocol(connection, kind);
            know_protocol(connection, Protocol::stratum_v1_tls);
            begin_v1(connection, Protocol::stratum_v1_tls);
            return take_session_bytes(connection, bytes);
        case FirstBytes::http:
        case FirstBytes::undecided:
            break;
    }
    // A V1 session has the answer to browsers too.
    if (any) know_protocol(connection, Protocol::stratum_v1);
    begin_v1(connection, Protocol::stratum_v1);
    take_session_bytes(connection, bytes);
}

void Shard::begin_v1(Connection& connection, Protocol protocol) {
    connection.session =
        std::make_unique<stratum::v1::Session>(connection.listener->settings, desk_, round_at_);
    if (protocol == Protocol::stratum_v1_tls) connection.tls = std::make_unique<TlsChannel>(*encryption_.tls);
}

void Shard::know_protocol(Connection& connection, Protocol protocol) {
    if (connection.protocol == protocol) return;
    metrics_.sessions[at(connection.protocol)].subtract();
    connection.protocol = protocol;
    metrics_.sessions[at(protocol)].add();
    metrics_.sessions_opened[at(protocol)].add();
}

void Shard::refuse_protocol(Connection& connection, FirstBytes spoken) {
    log::debug("other_protocol", {{"spoken", spoken == FirstBytes::v1 ? "v1" : "tls"},
                                  {"port_takes", name_of(connection.listener->protocol)},
                                  {"peer", connection.peer.text()}});
    count_failure(HandshakeFailure::other_protocol);
    if (spoken == FirstBytes::v1) connection.session->output() += v2_only;
    connection.session->close(CloseReason::not_stratum);
    touch(connection);
}

}  // namespace server::pool

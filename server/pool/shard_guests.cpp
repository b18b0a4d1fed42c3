// A client that resumes a session of another shard moves there: the kernel spreads connections over the
// shards by address, not by session. It moves before any state was made for it, so all that goes is the
// socket and what was said; the new shard hears it again and leaves out what was answered already.

#include "server/log.h"
#include "server/pool/opening.h"
#include "server/pool/shard.h"

namespace server::pool {

// True when the connection is another shard's now. One that was moved once stays where it is.
bool Shard::moves_home(Connection& connection, std::string_view bytes) {
    const auto heard = connection.start ? connection.start->size() : 0;
    const auto said = connection.start ? std::string_view(connection.start->append(bytes)) : bytes;
    const auto opening = read_opening(said);
    if (!opening.over) {
        if (!connection.start) connection.start = std::make_unique<std::string>(bytes);
        return false;
    }
    connection.stage = Connection::Stage::session;
    const auto start = std::move(connection.start);  // what `said` may look into
    if (!opening.shard || *opening.shard == options_.index || *opening.shard >= shards_.size()) return false;
    // A client that did not wait for its answers starts anew: they would be lost. So does one that wrote
    // mining.subscribe with escapes and has a channel already.
    if (connection.session->begun()) return false;
    if (connection.dirty || connection.sent > 0 || !connection.session->output().empty()) return false;

    const auto descriptor = connection.socket.descriptor();
    poller_.remove(descriptor);
    auto guest = std::make_shared<Guest>(Guest{std::move(connection.socket), connection.listener->index,
                                               connection.peer, std::string(said), heard});
    if (!shards_[*opening.shard]->receive(guest)) {
        connection.socket = std::move(guest->socket);
        if (!poller_.add(descriptor, EPOLLIN | EPOLLRDHUP, &connection)) connection.gone = true;
        return false;
    }
    if (connection.counted) peers_.close(connection.peer.peer(), false, round_at_);
    metrics_.sessions[static_cast<std::size_t>(connection.protocol)].subtract();
    --sessions_;
    connection.dirty = true;  // never touched again; who called still looks at it: it goes at the round's end
    left_.push_back(std::move(connections_[static_cast<std::size_t>(descriptor)]));
    return true;
}

bool Shard::receive(std::shared_ptr<Guest> guest) {
    if (!guests_.push(std::move(guest))) return false;
    poller_.wake();
    return true;
}

void Shard::take_guests() {
    for (const auto& guest : guests_.take_all(std::chrono::milliseconds(0))) {
        if (!templates_flow_ || sessions_ >= options_.sessions_max) continue;  // closed, as at the door
        auto made =
            std::make_unique<Connection>(std::move(guest->socket), listeners_[guest->listener], guest->peer);
        auto& connection = *made;
        connection.protocol = Protocol::stratum_v1;  // what moves_home() lets go
        begin_v1(connection, connection.protocol);
        connection.stage = Connection::Stage::session;
        if (!admit(connection) || !enter(std::move(made))) continue;
        const std::string_view said = guest->said;
        take_plain_bytes(connection, said.substr(0, guest->heard));
        connection.session->output().clear();  // answered by the other shard
        take_plain_bytes(connection, said.substr(guest->heard));
    }
}

}  // namespace server::pool

// A shard's part in V2 handshakes, and its timetable. The arithmetic is the handshake desk's: a shard hands
// act 1 on, and puts the session in the Doorstep's place when the answer comes.

#include <algorithm>

#include "server/log.h"
#include "server/pool/doorstep.h"
#include "server/pool/shard.h"
#include "stratum/v2/session.h"

namespace server::pool {
namespace {

using std::chrono::milliseconds;
using stratum::CloseReason;

}  // namespace

const char* name_of(HandshakeFailure failure) {
    switch (failure) {
        case HandshakeFailure::timeout:
            return "timeout";
        case HandshakeFailure::busy:
            return "busy";
        case HandshakeFailure::other_protocol:
            return "other_protocol";
        case HandshakeFailure::bad_frame:
            return "bad_frame";
    }
    return "";
}

void Shard::count_failure(HandshakeFailure failure) {
    metrics_.handshakes_failed[static_cast<std::size_t>(failure)].add();
}

Connection* Shard::find(const ConnectionName& name) {
    const auto at = static_cast<std::size_t>(name.descriptor);
    if (at >= connections_.size() || !connections_[at] || connections_[at]->serial != name.serial)
        return nullptr;
    return connections_[at].get();
}

void Shard::begin_handshake(Connection& connection, std::string_view bytes) {
    if (bytes.size() > stratum::v2::act1_bytes) return refuse_early_bytes(connection);
    HandshakeOrder order{connection.name(), connection.peer, round_at_, {}};
    std::transform(bytes.begin(), bytes.end(), order.act1.begin(),
                   [](char byte) { return static_cast<std::uint8_t>(byte); });
    if (!ask_for_handshake(order)) {
        log::debug("handshakes_busy", {{"shard", options_.index}, {"peer", connection.peer.text()}});
        count_failure(HandshakeFailure::busy);
        connection.gone = true;
        return touch(connection);
    }
    connection.stage = Connection::Stage::handshake;
    connection.session = std::make_unique<Doorstep>(round_at_);
    if (!note_time_limit(connection)) connection.gone = true;
}

bool Shard::ask_for_handshake(const HandshakeOrder& order) {
    if (handshakes_under_way_ >= handshakes_per_shard_max) return false;
    if (!peers_.begin_handshake(order.peer.peer(), handshakes_per_peer_max)) return false;
    if (!encryption_.handshakes->ask(order, *this)) {
        peers_.end_handshake(order.peer.peer());
        return false;
    }
    ++handshakes_under_way_;
    return true;
}

// Nobody can encrypt before act 2.
void Shard::refuse_early_bytes(Connection& connection) {
    count_failure(HandshakeFailure::bad_frame);
    connection.session->close(CloseReason::handshake_failed);
    touch(connection);
}

void Shard::on_handshake(HandshakeReply reply) {
    // As many are asked for at most as this queue holds.
    STRATUM_ENSURE(handshakes_.push(std::move(reply)));
    poller_.wake();
}

void Shard::take_handshakes() {
    for (const auto& reply : handshakes_.take_all(milliseconds(0))) {
        --handshakes_under_way_;
        peers_.end_handshake(reply.peer.peer());
        auto* connection = find(reply.connection);
        if (connection == nullptr || connection->gone || connection->session->closing() != CloseReason::none)
            continue;  // it hung up, or did not wait
        connection->session = std::make_unique<stratum::v2::Session>(connection->listener->settings_v2, desk_,
                                                                     reply.response.keys, round_at_);
        connection->stage = Connection::Stage::session;
        auto& output = connection->session->output();
        lend_buffer(output);
        const auto& act2 = reply.response.act2;
        output.insert(output.begin(), act2.begin(), act2.end());
        metrics_.handshakes.add();
        metrics_.handshake.observe(std::chrono::steady_clock::now() - reply.asked_at);
        if (!note_time_limit(*connection)) connection->gone = true;
        touch(*connection);
    }
}

// -- timetable
// -----------------------------------------------------------------------------------------------------

// The same for each of the three that follow one another: act 1, its answer, the set-up.
bool Shard::note_time_limit(const Connection& connection) {
    return timetable_.add({round_at_ + Doorstep::patience, connection.name(), Timetable::What::time_limit});
}

void Shard::note_flush(Connection& connection) {
    if (connection.flush_noted) return;
    const auto at = connection.session->flush_at();
    if (!at) return;
    connection.flush_noted = timetable_.add({*at, connection.name(), Timetable::What::flush});
}

milliseconds Shard::wait_until_next(milliseconds longest) const {
    const auto next = timetable_.next();
    if (!next) return longest;
    const auto left = std::chrono::ceil<milliseconds>(*next - std::chrono::steady_clock::now());
    return std::clamp(left, milliseconds(0), longest);
}

void Shard::look_at_due() {
    while (const auto due = timetable_.take_due(round_at_)) {
        auto* connection = find(due->connection);
        if (connection == nullptr || connection->gone) continue;
        auto& session = *connection->session;
        lend_buffer(session.output());
        if (due->what == Timetable::What::flush) {
            connection->flush_noted = false;
            session.flush(round_at_);
        } else if (connection->protocol == Protocol::stratum_v2 ||
                   connection->protocol == Protocol::stratum_auto) {
            session.on_timer(round_at_);
        }
        touch(*connection);
    }
}

}  // namespace server::pool

// The second half of a shard's round: what goes out, and what ends.

#include <sys/socket.h>

#include <cerrno>

#include "server/log.h"
#include "server/pool/shard.h"

namespace server::pool {
namespace {

using stratum::CloseReason;
constexpr std::size_t spare_buffers_max = 256;
constexpr std::size_t buffer_bytes_kept = 64 * 1024;

bool is_misbehaviour(CloseReason reason) {
    switch (reason) {
        case CloseReason::junk:
        case CloseReason::misbehaviour:
        case CloseReason::line_too_long:
        case CloseReason::handshake_failed:
        case CloseReason::protocol_error:
            return true;
        case CloseReason::none:
        case CloseReason::not_stratum:
        case CloseReason::login_timeout:
        case CloseReason::idle:
        case CloseReason::setup_refused:
        case CloseReason::slow_reader:
        case CloseReason::prefixes_exhausted:
            return false;
    }
    return false;
}

}  // namespace

// Buffers are lent for as long as bytes wait, so an idle session owns none.
void Shard::lend_buffer(std::string& buffer) {
    if (!buffer.empty() || spare_buffers_.empty() || buffer.capacity() >= 64) return;
    buffer.swap(spare_buffers_.back());
    spare_buffers_.pop_back();
}

void Shard::take_back_buffer(std::string& buffer) {
    buffer.clear();
    if (buffer.capacity() < 64) return;
    std::string taken;
    taken.swap(buffer);
    if (spare_buffers_.size() < spare_buffers_max && taken.capacity() <= buffer_bytes_kept)
        spare_buffers_.push_back(std::move(taken));
}

// In strict mode answers wait until the disk has what they promise.
bool Shard::answers_may_leave() {
    if (!options_.journal_strict) return true;
    const auto written = journal_.written_sequence();
    if (journal_.synced_sequence() >= written) return true;
    if (strict_asked_ < written) {
        strict_asked_ = written;
        if (!sync_.request(journal_.shard(), [this](bool) { poller_.wake(); })) strict_asked_ = 0;
    }
    return false;
}

void Shard::end_round() {
    left_.clear();
    if (dirty_.empty()) return;
    const bool may_leave = answers_may_leave();
    std::vector<int> waiting;
    for (const auto descriptor : dirty_) {
        auto& connection = *connections_[static_cast<std::size_t>(descriptor)];
        if (!connection.gone && !may_leave) {
            waiting.push_back(descriptor);
            continue;
        }
        connection.dirty = false;
        if (!connection.gone) send_output(connection);
        if (connection.answers > 0) {
            metrics_.submit.observe(std::chrono::steady_clock::now() - round_at_, connection.answers);
            connection.answers = 0;
        }
        if (!connection.proved && connection.session->accepted() > 0) {
            connection.proved = true;
            peers_.proved_itself(connection.peer.peer());
        }
        const bool finished = connection.session->closing() != CloseReason::none;
        if (connection.gone || finished)
            drop(connection);
        else
            note_flush(connection);
    }
    dirty_.swap(waiting);
    metrics_.channels.set(desk_.channels_open());
}

void Shard::send_output(Connection& connection) {
    auto& output = connection.session->output();
    if (connection.tls) {
        if (!output.empty() && !connection.tls->send(output)) connection.gone = true;
        take_back_buffer(output);
        write_wire(connection, connection.tls->wire_output());
    } else {
        write_wire(connection, output);
    }
}

void Shard::write_wire(Connection& connection, std::string& wire) {
    while (connection.sent < wire.size()) {
        const auto count = send(connection.socket.descriptor(), wire.data() + connection.sent,
                                wire.size() - connection.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0) {
            if (errno == EINTR) continue;
            if (errno != EAGAIN) connection.gone = true;
            break;
        }
        connection.sent += static_cast<std::size_t>(count);
    }
    const bool waiting = connection.sent < wire.size();
    if (!waiting) {
        connection.sent = 0;
        take_back_buffer(wire);
    } else if (wire.size() - connection.sent > connection.session->output_allowed()) {
        connection.session->close(CloseReason::slow_reader);
    } else if (connection.sent > buffer_bytes_kept) {
        wire.erase(0, connection.sent);
        connection.sent = 0;
    }
    if (waiting != connection.wants_write && !connection.gone) {
        connection.wants_write = waiting;
        poller_.change(connection.socket.descriptor(), EPOLLIN | EPOLLRDHUP | (waiting ? EPOLLOUT : 0u),
                       &connection);
    }
}

void Shard::drop(Connection& connection) {
    const auto descriptor = static_cast<std::size_t>(connection.socket.descriptor());
    const auto reason = connection.session->closing();
    if (reason != CloseReason::none)
        log::debug(
            "session_closed",
            {{"reason", name_of(reason)}, {"peer", connection.peer.text()}, {"shard", options_.index}});
    if (connection.protocol == Protocol::stratum_v2) {
        const bool standing = connection.stage != Connection::Stage::session;
        if (standing && reason == CloseReason::login_timeout) count_failure(HandshakeFailure::timeout);
        if (!standing && reason == CloseReason::handshake_failed) count_failure(HandshakeFailure::bad_frame);
    }
    const bool misbehaved = connection.session->accepted() == 0 && is_misbehaviour(reason);
    if (connection.counted) peers_.close(connection.peer.peer(), misbehaved, round_at_);
    desk_.park(*connection.session, round_at_);
    poller_.remove(connection.socket.descriptor());
    metrics_.sessions[static_cast<std::size_t>(connection.protocol)].subtract();
    --sessions_;
    connections_[descriptor].reset();
}

}  // namespace server::pool

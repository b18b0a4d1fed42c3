#include "server/pool/shard.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "server/log.h"
#include "server/thread.h"

namespace server::pool {
namespace {

using stratum::CloseReason;

constexpr std::size_t read_bytes_per_round = 64 * 1024;
constexpr std::size_t ticks_per_sweep = 10;  // a session's timer runs every tenth tick
constexpr std::size_t ticks_per_reject_report = 5;
constexpr std::chrono::seconds tick_interval{1};
constexpr std::chrono::milliseconds wait_max{250};
constexpr std::chrono::milliseconds wait_while_announcing{5};
// A same-tip job reaches all sessions within this time, so that sockets and miners are not hit all at once.
constexpr std::chrono::milliseconds announce_pace{2000};

std::int64_t wall_clock_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace

Shard::Shard(ShardOptions options, std::vector<Listener> listeners, JournalWriter& journal, JournalSync& sync,
             const NameBook& names, const Encryption& encryption, ShardMetrics& metrics,
             ShareSettler::OnBlock on_block, RejectQueue& rejects)
    : options_(std::move(options)),
      listeners_(std::move(listeners)),
      journal_(journal),
      sync_(sync),
      encryption_(encryption),
      metrics_(metrics),
      rejects_(rejects),
      desk_(options_.desk, journal, names),
      settler_(journal, metrics, std::move(on_block)),
      read_buffer_(read_bytes_per_round),
      spare_descriptor_(open("/dev/null", O_RDONLY | O_CLOEXEC)) {
    for (auto& listener : listeners_)
        STRATUM_ENSURE(poller_.add(listener.socket.descriptor(), EPOLLIN, &listener.socket));
}

Shard::~Shard() = default;

bool Shard::post(Order order) {
    if (!orders_.push(std::move(order))) return false;
    poller_.wake();
    return true;
}

bool Shard::post_template(stratum::TemplatePtr work, std::int64_t received_at_us) {
    return post([this, work = std::move(work), received_at_us] { on_template(work, received_at_us); });
}

bool Shard::post_flow(bool templates_flow) {
    return post([this, templates_flow] { on_flow(templates_flow); });
}

void Shard::stop() {
    stopping_.store(true, std::memory_order_release);
    poller_.wake();
}

void Shard::run() {
    run_in_short_slices();
    round_at_ = ticked_at_ = std::chrono::steady_clock::now();
    while (!stopping_.load(std::memory_order_acquire)) {
        const bool announcing = announce_next_ < connections_.size();
        const auto ready = poller_.wait(wait_until_next(announcing ? wait_while_announcing : wait_max));
        round_at_ = std::chrono::steady_clock::now();
        round_at_us_ = wall_clock_us();
        for (const auto& event : ready) {
            if (event.data.ptr == nullptr) {
                obey_orders();
                take_guests();
                take_handshakes();
                continue;
            }
            const auto listener = std::find_if(listeners_.begin(), listeners_.end(), [&](const Listener& l) {
                return &l.socket == event.data.ptr;
            });
            if (listener != listeners_.end())
                accept_some(*listener);
            else
                on_event(*static_cast<Connection*>(event.data.ptr), event.events);
        }
        settle();
        if (announcing) announce_some();
        look_at_due();
        if (round_at_ - ticked_at_ >= tick_interval) tick();
        end_round();
    }
    // RST instead of FIN: miners notice at once and come back, instead of waiting on a half-open connection.
    for (auto& connection : connections_)
        if (connection) {
            const linger reset{1, 0};
            setsockopt(connection->socket.descriptor(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
            drop(*connection);
        }
    report_rejects();
    if (const auto error = journal_.flush())
        log::error("journal_write_failed", {{"shard", options_.index}, {"error", error.message()}});
}

void Shard::obey_orders() {
    for (auto& order : orders_.take_all(std::chrono::milliseconds(0))) order();
}

// -- jobs
// ----------------------------------------------------------------------------------------------------------

void Shard::on_template(const stratum::TemplatePtr& work, std::int64_t received_at_us) {
    auto& jobs = desk_.jobs();
    const auto before = jobs.newest();
    if (before && work->number <= before->number) return;
    settle();  // what was read before the tip changed is judged by the old one
    jobs.on_template(work, round_at_);
    settler_.on_template(work->number, received_at_us);
    settler_.retire_jobs(jobs.take_expired());
    template_at_ = work->received_at;
    const bool urgent = !before || before->previous != work->previous || before->early;
    announce_next_ = 0;
    announce_until_ = urgent ? round_at_ : round_at_ + announce_pace;
    if (urgent) announce_some();
}

void Shard::announce_to(Connection& connection) {
    if (!connection.session->mining()) return;
    lend_buffer(connection.session->output());
    connection.session->on_job(round_at_);
    if (connection.session->output().empty() && connection.session->closing() == CloseReason::none) return;
    // In strict mode answers waiting for the disk may stand in front of the job: the round's end sends both.
    if (!options_.journal_strict) send_output(connection);
    touch(connection);
    metrics_.notify.observe(std::chrono::steady_clock::now() - template_at_);
}

// All that are left when the announcement is urgent or late, else the part that keeps the pace.
void Shard::announce_some() {
    const auto left = connections_.size() - announce_next_;
    auto part = left;
    if (announce_until_ > round_at_) {
        const auto rounds_left = (announce_until_ - round_at_) / wait_while_announcing + 1;
        part = left / static_cast<std::size_t>(rounds_left) + 1;
    }
    for (; part > 0 && announce_next_ < connections_.size(); ++announce_next_) {
        if (!connections_[announce_next_]) continue;
        announce_to(*connections_[announce_next_]);
        --part;
    }
}

// Miners that get no work must be free to go to their next pool.
void Shard::on_flow(bool templates_flow) {
    templates_flow_ = templates_flow;
    if (templates_flow) return;
    for (auto& connection : connections_)
        if (connection) {
            connection->gone = true;
            touch(*connection);
        }
}

// -- connections
// ---------------------------------------------------------------------------------------------------

void Shard::touch(Connection& connection) {
    if (connection.dirty) return;
    connection.dirty = true;
    dirty_.push_back(connection.socket.descriptor());
}

void Shard::on_event(Connection& connection, std::uint32_t events) {
    if (connection.gone) return;
    if ((events & EPOLLIN) != 0)
        read_once(connection);  // also what was sent right before the end
    else if ((events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0)
        connection.gone = true;
    if (connection.gone || (events & EPOLLOUT) != 0) touch(connection);
}

void Shard::read_once(Connection& connection) {
    const auto count =
        recv(connection.socket.descriptor(), read_buffer_.data(), read_buffer_.size(), MSG_DONTWAIT);
    if (count > 0) {
        take_wire_bytes(connection, {read_buffer_.data(), static_cast<std::size_t>(count)});
    } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
        connection.gone = true;
    }
}

void Shard::take_plain_bytes(Connection& connection, std::string_view bytes) {
    if (bytes.empty()) return;
    auto& session = *connection.session;
    if (connection.stage == Connection::Stage::first_bytes) {
        const bool alone = shards_.size() < 2 || connection.tls;
        connection.stage = alone ? Connection::Stage::session : Connection::Stage::opening;
        if (bytes.front() == 0x16 && !connection.tls) {  // a TLS hello: no text would be understood
            log::debug("tls_on_plain_port", {{"peer", connection.peer.text()}});
            session.close(CloseReason::not_stratum);
        }
    }
    if (connection.stage == Connection::Stage::opening && moves_home(connection, bytes)) return;
    lend_buffer(session.output());
    touch(connection);
    auto& batch = settler_.batch();
    while (!bytes.empty() && session.closing() == CloseReason::none) {
        const auto before = batch.size();
        const auto consumed = session.receive(bytes, round_at_, batch);
        connection.answers += static_cast<std::uint32_t>(batch.size() - before);
        bytes.remove_prefix(consumed);
        if (!bytes.empty()) settle();
    }
}

void Shard::settle() { settler_.settle(round_at_, round_at_us_); }

void Shard::report_rejects() {
    auto rejects = settler_.take_rejects();
    if (!rejects.empty() && !rejects_.push(std::move(rejects)))
        log::warn("rejects_not_recorded",
                  {{"shard", options_.index}, {"reason", "the database is away for long"}});
}

void Shard::tick() {
    ticked_at_ = round_at_;
    ++tick_count_;
    strict_asked_ = 0;  // a sync that failed is asked for again
    desk_.expire_parked(round_at_);
    if (tick_count_ % ticks_per_reject_report == 0) report_rejects();
    for (std::size_t i = tick_count_ % ticks_per_sweep; i < connections_.size(); i += ticks_per_sweep) {
        if (!connections_[i]) continue;
        auto& connection = *connections_[i];
        connection.session->on_timer(round_at_);
        if (!connection.session->output().empty() || connection.session->closing() != CloseReason::none)
            touch(connection);
    }
}

}  // namespace server::pool

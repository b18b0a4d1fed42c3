#pragma once
// One thread with its sockets, sessions, jobs and journal; nothing in it is shared, so nothing on the share
// path locks.
//
// A round: wait; take orders from other threads; read once from each ready socket; settle the submissions in
// batches (hash side by side, one journal write a batch, then the answers); send; timers. Owned by Pool.
// run() is the thread; post() and stop() are for any thread; the rest is private to the thread.

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "server/bounded_queue.h"
#include "server/pool/connection.h"
#include "server/pool/first_bytes.h"
#include "server/pool/handshake_desk.h"
#include "server/pool/journal_sync.h"
#include "server/pool/peer_book.h"
#include "server/pool/poller.h"
#include "server/pool/session_desk.h"
#include "server/pool/share_settler.h"
#include "server/pool/timetable.h"

namespace server::pool {

struct ShardOptions {
    unsigned index = 0;
    std::size_t sessions_max = 0;
    std::size_t sessions_per_ip_max = 0;
    bool journal_strict = false;
    SessionDeskOptions desk;
};

// What listeners need to speak in secret; null where none does.
struct Encryption {
    const TlsContext* tls = nullptr;
    HandshakeDesk* handshakes = nullptr;
};

using RejectQueue = BoundedQueue<std::vector<RejectNews>>;

class Shard final : private HandshakeAsker {
  public:
    using Instant = std::chrono::steady_clock::time_point;

    // Everything referred to outlives the shard; the handshake desk stops before the shard ends.
    Shard(ShardOptions options, std::vector<Listener> listeners, JournalWriter& journal, JournalSync& sync,
          const NameBook& names, const Encryption& encryption, ShardMetrics& metrics,
          ShareSettler::OnBlock on_block, RejectQueue& rejects);
    ~Shard() override;
    Shard(const Shard&) = delete;
    Shard& operator=(const Shard&) = delete;

    // All shards by their index, this one too. Once, before run().
    void meet(std::vector<Shard*> shards) { shards_ = std::move(shards); }
    void run();
    void stop();  // any thread: run() returns after answers and journal are out
    // Any thread; false when the shard is far behind or stopped. `received_at_us`: wall clock, microseconds
    // since 1970.
    [[nodiscard]] bool post_template(stratum::TemplatePtr work, std::int64_t received_at_us);
    [[nodiscard]] bool post_flow(bool templates_flow);
    [[nodiscard]] bool journal_works() const { return settler_.journal_works(); }  // any thread

  private:
    // A connection on its way to the shard whose session it resumes.
    struct Guest {
        File socket;
        std::size_t listener = 0;
        IpAddress peer;
        std::string said;       // all since it connected
        std::size_t heard = 0;  // of that, what the other shard's session has answered
    };
    using Order = std::function<void()>;
    [[nodiscard]] bool post(Order order);
    void obey_orders();
    void on_template(const stratum::TemplatePtr& work, std::int64_t received_at_us);
    void on_flow(bool templates_flow);
    void announce_to(Connection& connection);
    void announce_some();

    [[nodiscard]] bool moves_home(Connection& connection, std::string_view bytes);
    [[nodiscard]] bool receive(std::shared_ptr<Guest> guest);  // any thread; false: the queue is full
    void take_guests();
    [[nodiscard]] bool enter(std::unique_ptr<Connection> connection);
    void accept_some(const Listener& listener);
    void refuse_by_spare();
    bool admit(Connection& connection);
    void on_event(Connection& connection, std::uint32_t events);
    void read_once(Connection& connection);
    void take_wire_bytes(Connection& connection, std::string_view bytes);
    void take_first_bytes(Connection& connection, std::string_view bytes);
    void take_session_bytes(Connection& connection, std::string_view bytes);
    void take_plain_bytes(Connection& connection, std::string_view bytes);
    void begin_v1(Connection& connection, Protocol protocol);
    void know_protocol(Connection& connection, Protocol protocol);
    void refuse_protocol(Connection& connection, FirstBytes spoken);

    void count_failure(HandshakeFailure failure);
    void begin_handshake(Connection& connection, std::string_view bytes);
    [[nodiscard]] bool ask_for_handshake(const HandshakeOrder& order);
    void refuse_early_bytes(Connection& connection);
    void on_handshake(HandshakeReply reply) override;  // the desk's thread
    void take_handshakes();
    [[nodiscard]] Connection* find(const ConnectionName& name);
    [[nodiscard]] bool note_time_limit(const Connection& connection);
    void note_flush(Connection& connection);
    [[nodiscard]] std::chrono::milliseconds wait_until_next(std::chrono::milliseconds longest) const;
    void look_at_due();

    void settle();
    void end_round();
    void send_output(Connection& connection);
    void write_wire(Connection& connection, std::string& wire);
    void drop(Connection& connection);
    void tick();
    void report_rejects();
    void touch(Connection& connection);
    void lend_buffer(std::string& buffer);
    void take_back_buffer(std::string& buffer);
    [[nodiscard]] bool answers_may_leave();

    const ShardOptions options_;
    std::vector<Listener> listeners_;
    JournalWriter& journal_;
    JournalSync& sync_;
    const Encryption encryption_;
    ShardMetrics& metrics_;
    RejectQueue& rejects_;
    SessionDesk desk_;
    ShareSettler settler_;
    Poller poller_;
    PeerBook peers_;
    Timetable timetable_;

    std::vector<std::unique_ptr<Connection>> connections_;  // by descriptor
    std::vector<std::unique_ptr<Connection>> left_;         // in this round, for another shard
    std::size_t sessions_ = 0;
    std::uint64_t last_serial_ = 0;
    std::size_t handshakes_under_way_ = 0;
    std::vector<int> dirty_;         // descriptors with output or an end to handle
    std::vector<char> read_buffer_;  // one for all: a session owns bytes only while a line is unfinished
    std::vector<std::string> spare_buffers_;
    File spare_descriptor_;  // given up for a moment to refuse a connection when no other is left

    Instant round_at_{};
    std::int64_t round_at_us_ = 0;   // wall clock
    Instant template_at_{};          // the newest one's receive time, for the notify histogram
    Instant announce_until_{};       // pace of a same-tip announcement
    std::size_t announce_next_ = 0;  // descriptor; connections_.size() when done
    Instant ticked_at_{};
    std::size_t tick_count_ = 0;
    bool templates_flow_ = true;
    std::uint64_t strict_asked_ = 0;  // sequence whose sync was asked for

    std::vector<Shard*> shards_;
    BoundedQueue<Order> orders_{256};
    // Of its own, so that a storm of reconnects keeps no template out. Shared pointers: what a full queue
    // refuses stays with the shard that has it.
    BoundedQueue<std::shared_ptr<Guest>> guests_{1024};
    BoundedQueue<HandshakeReply> handshakes_{handshakes_per_shard_max};
    std::atomic<bool> stopping_{false};
};

}  // namespace server::pool

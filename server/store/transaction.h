#pragma once
// Inside the store only: borrow a connection, run one transaction, sort failures into Unavailable and bugs.
// Included by the .cpp files of server/store and their tests, by nobody else.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "server/store/database.h"
#include "server/store/watchdog.h"
#include "stratum/bytes.h"

namespace server::store {

class Connections {
  public:
    Connections(std::string url, std::size_t connections_max, TimeLimits limits);

    // Waits for its turn, connects if need be. Throws what libpqxx throws.
    std::unique_ptr<pqxx::connection> borrow();
    // `healthy` false: the connection is closed instead of kept.
    void give_back(std::unique_ptr<pqxx::connection> connection, bool healthy);
    void note(bool available) { available_.store(available, std::memory_order_relaxed); }
    [[nodiscard]] bool available() const { return available_.load(std::memory_order_relaxed); }
    [[nodiscard]] const TimeLimits& limits() const { return limits_; }
    [[nodiscard]] Watchdog& watchdog() { return watchdog_; }

  private:
    std::unique_ptr<pqxx::connection> connect();

    const std::string url_;
    const std::size_t connections_max_;
    const TimeLimits limits_;
    Watchdog watchdog_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<std::unique_ptr<pqxx::connection>> idle_;
    std::size_t borrowed_ = 0;
    std::atomic<bool> available_{false};
};

// The Unavailable for an exception that says "not now"; nullopt when the exception is a bug or a broken rule
// of the schema.
std::optional<Unavailable> unavailable_from(const std::exception& failure);

// A borrowed connection that finds its way back, and is cut when that takes longer than `limit`; then `cut`
// becomes true.
class Borrowed {
  public:
    Borrowed(Connections& connections, std::chrono::milliseconds limit, bool& cut)
        : connections_(connections),
          connection_(connections.borrow()),
          watch_(connections.watchdog().watch(connection_->sock(), limit)),
          cut_(cut) {}
    ~Borrowed() {
        cut_ = connections_.watchdog().release(watch_);
        connections_.give_back(std::move(connection_), healthy_ && !cut_);
    }
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;
    pqxx::connection& operator*() { return *connection_; }
    void healthy() { healthy_ = true; }

  private:
    Connections& connections_;
    std::unique_ptr<pqxx::connection> connection_;
    const unsigned long watch_;
    bool& cut_;
    bool healthy_ = false;
};

// Runs `work(pqxx::work&)` in a transaction of at most `limit` and commits it. Failures that are no outage
// pass on as exceptions.
template <typename Work>
auto transact(Database& database, std::chrono::milliseconds limit, Work work)
    -> Stored<std::invoke_result_t<Work&, pqxx::work&>> {
    using Value = std::invoke_result_t<Work&, pqxx::work&>;
    auto& connections = database.connections();
    bool cut = false;
    try {
        Borrowed connection(connections, limit, cut);
        pqxx::work transaction(*connection);
        if constexpr (std::is_void_v<Value>) {
            work(transaction);
            transaction.commit();
            connection.healthy();
            connections.note(true);
            return {};
        } else {
            Value value = work(transaction);
            transaction.commit();
            connection.healthy();
            connections.note(true);
            return value;
        }
    } catch (const std::exception& failure) {
        auto unavailable = unavailable_from(failure);
        if (cut) unavailable = Unavailable{"PostgreSQL hangs: nothing came back in time"};
        if (!unavailable) throw;
        if (!unavailable->too_slow) connections.note(false);
        return *unavailable;
    }
}

// Starts a COPY into these columns of the table; the names are our own and go into the SQL as they are.
// libpqxx 7 has a factory for it and a constructor that does not compile, libpqxx 6 the constructor only.
inline pqxx::stream_to copy_into(pqxx::work& transaction, const std::string& table,
                                 const std::vector<std::string>& columns) {
#if PQXX_VERSION_MAJOR >= 7
    return pqxx::stream_to::raw_table(transaction, table, pqxx::separated_list(", ", columns));
#else
    return pqxx::stream_to(transaction, table, columns);
#endif
}

template <typename Work>
auto transact(Database& database, Work work) {
    return transact(database, database.connections().limits().transaction, std::move(work));
}

// A bytea parameter in text form; the SQL casts it: $1::bytea.
inline std::string bytea(stratum::ByteView bytes) { return "\\x" + stratum::to_hex(bytes); }
inline std::string bytea(const stratum::Hash256& hash) { return bytea(stratum::ByteView(hash.bytes)); }
// Reads a column selected as encode(column, 'hex').
stratum::Hash256 hash_of(const pqxx::field& hex_column);
stratum::Bytes bytes_of(const pqxx::field& hex_column);

}  // namespace server::store

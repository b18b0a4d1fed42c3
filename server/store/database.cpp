#include "server/store/database.h"

#include <fmt/core.h>
#include <poll.h>

#include <stdexcept>
#include <string_view>
#include <utility>

#include "server/store/transaction.h"

namespace server::store {

namespace {

// Bounds every wait on a server that is gone: 5 s to connect, 15 s for unacknowledged data (tcp_user_timeout
// is in ms), 45 s for a peer that says nothing at all. One that is there and hangs is the watchdog's.
std::string bounded_url(std::string url) {
    const bool is_uri = url.starts_with("postgresql://") || url.starts_with("postgres://");
    const auto add = [&](std::string_view name, std::string_view value) {
        if (url.find(name) != std::string::npos) return;
        if (is_uri) {
            url += url.find('?') == std::string::npos ? '?' : '&';
        } else if (!url.empty()) {
            url += ' ';
        }
        url += name;
        url += '=';
        url += value;
    };
    add("connect_timeout", std::to_string(connect_limit.count()));
    add("tcp_user_timeout", "15000");
    add("keepalives_idle", "30");
    add("keepalives_interval", "5");
    add("keepalives_count", "3");
    add("application_name", "hashyard");
    add("client_encoding", "UTF8");
    return url;
}

// Classes of SQLSTATE that mean "not now": 08 connection, 53 resources, 57 operator intervention, 58 system
// error, 40 rolled back (deadlock, serialisation), 25006 read-only (a standby after a failover), 25P03 idle
// too long in a transaction.
bool says_not_now(std::string_view sqlstate) {
    for (const auto* start : {"08", "53", "57", "58", "40"})
        if (sqlstate.starts_with(start)) return true;
    return sqlstate == "25006" || sqlstate == "25P03";
}

// 57014 canceled (statement_timeout), 55P03 lock not available (lock_timeout).
bool says_too_slow(std::string_view sqlstate) { return sqlstate == "57014" || sqlstate == "55P03"; }

// An idle connection has nothing to say: what can be read is its end.
bool is_whole(const pqxx::connection& connection) {
    pollfd socket{connection.sock(), POLLIN, 0};
    return ::poll(&socket, 1, 0) == 0;
}

std::string first_line(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

}  // namespace

void throw_exception_from_error(const Unavailable& error, const boost::source_location&) {
    throw std::runtime_error("the database is unavailable: " + error.reason);
}

std::optional<Unavailable> unavailable_from(const std::exception& failure) {
    if (dynamic_cast<const pqxx::broken_connection*>(&failure) != nullptr ||
        dynamic_cast<const pqxx::in_doubt_error*>(&failure) != nullptr)
        return Unavailable{first_line(failure.what())};
    if (const auto* sql = dynamic_cast<const pqxx::sql_error*>(&failure)) {
        if (says_too_slow(sql->sqlstate())) {
            Unavailable slow{first_line(failure.what())};
            slow.too_slow = true;
            return slow;
        }
        // A connection lost in the middle of a statement comes without an SQLSTATE.
        if (sql->sqlstate().empty() || says_not_now(sql->sqlstate()))
            return Unavailable{first_line(failure.what())};
        return std::nullopt;
    }
    // libpqxx reports a connection that broke during COPY or at commit as a plain failure.
    if (typeid(failure) == typeid(pqxx::failure)) return Unavailable{first_line(failure.what())};
    return std::nullopt;
}

Connections::Connections(std::string url, std::size_t connections_max, TimeLimits limits)
    : url_(std::move(url)), connections_max_(connections_max), limits_(limits) {}

std::unique_ptr<pqxx::connection> Connections::connect() {
    auto connection = std::make_unique<pqxx::connection>(url_);
#if PQXX_VERSION_MAJOR < 7
    connection->inhibit_reactivation(true);  // a new socket would go unwatched and without its limits
#endif
    const auto watch = watchdog_.watch(connection->sock(), connect_limit);
    try {
        // "relation exists, skipping" and its like would go to standard error.
        pqxx::nontransaction(*connection)
            .exec(fmt::format("set client_min_messages = warning; set statement_timeout = {}; "
                              "set lock_timeout = {}; set idle_in_transaction_session_timeout = {}",
                              limits_.statement.count(), limits_.lock.count(),
                              limits_.idle_in_transaction.count()));
    } catch (...) {
        watchdog_.release(watch);
        throw;
    }
    watchdog_.release(watch);
    return connection;
}

std::unique_ptr<pqxx::connection> Connections::borrow() {
    {
        std::unique_lock lock(mutex_);
        freed_.wait(lock, [this] { return borrowed_ < connections_max_; });
        ++borrowed_;
        while (!idle_.empty()) {
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            if (is_whole(*connection)) return connection;
        }
    }
    try {
        return connect();
    } catch (...) {
        give_back(nullptr, false);
        throw;
    }
}

void Connections::give_back(std::unique_ptr<pqxx::connection> connection, bool healthy) {
    {
        const std::lock_guard lock(mutex_);
        --borrowed_;
        if (healthy)
            idle_.push_back(std::move(connection));
        else
            idle_.clear();  // the others were made to the same server and are as likely gone
    }
    freed_.notify_one();
}

stratum::Hash256 hash_of(const pqxx::field& hex_column) {
    stratum::Hash256 hash;
    if (!stratum::decode_hex(hex_column.c_str(), hash.bytes))
        throw std::logic_error("a hash column is not 32 bytes");
    return hash;
}

stratum::Bytes bytes_of(const pqxx::field& hex_column) {
    auto bytes = stratum::parse_hex(hex_column.c_str());
    if (!bytes) throw std::logic_error("a bytes column is not hex");
    return std::move(*bytes);
}

Database::Database(const std::string& url, std::size_t connections_max, TimeLimits limits)
    : connections_(std::make_unique<Connections>(bounded_url(url), connections_max, limits)) {}

Database::~Database() = default;

Stored<int> Database::server_version() {
    return transact(*this, [](pqxx::work& transaction) {
        return transaction.exec1("select current_setting('server_version_num')::int")[0].as<int>();
    });
}

void Database::hurry(std::chrono::milliseconds most) { connections_->watchdog().hurry(most); }

bool Database::available() const { return connections_->available(); }

}  // namespace server::store

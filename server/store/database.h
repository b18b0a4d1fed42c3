#pragma once
// The connections to PostgreSQL. Any thread: each transaction borrows a connection of its own and gives it
// back. A broken connection is thrown away and made anew by the next transaction, so a restart of PostgreSQL
// needs no care. What outlasts its TimeLimits is given up. The functions that read and write are in import.h,
// blocks.h, users.h, statistics.h and payouts.h, one transaction each.

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "server/store/time_limits.h"
#include "server/store/unavailable.h"

namespace server::store {

class Connections;  // transaction.h; the only place that knows libpqxx

class Database {
  public:
    // A libpq URL or keyword string. Makes no connection yet. connections_max: callers above it wait their
    // turn.
    explicit Database(const std::string& url, std::size_t connections_max = 8,
                      TimeLimits limits = import_limits);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    // Connects if need be and asks for the server's version, such as 150018.
    [[nodiscard]] Stored<int> server_version();
    // False from a failed transaction to the next good one. For the metric database_available.
    [[nodiscard]] bool available() const;

    // The program ends: from now on no transaction may last longer than this, those under way counted too.
    void hurry(std::chrono::milliseconds most);

    [[nodiscard]] Connections& connections() { return *connections_; }

  private:
    std::unique_ptr<Connections> connections_;
};

}  // namespace server::store

#pragma once
// How long a database transaction may take before it is given up as Unavailable. Plain data; any thread.

#include <chrono>

namespace server::store {

// The first three are PostgreSQL's own (statement_timeout, lock_timeout, idle_in_transaction_session_timeout)
// and leave the connection whole. The last is ours: a server that hangs ends nothing by itself, so its
// connection is cut. 0: no limit.
struct TimeLimits {
    std::chrono::milliseconds statement{0};
    std::chrono::milliseconds lock{0};  // waiting for one lock
    std::chrono::milliseconds idle_in_transaction{0};
    std::chrono::milliseconds transaction{0};
};

// Importer, keeper and commands: what is given up is done again. A batch of 120,000 shares takes about a
// second, a window of 20,000,000 shares two (on the reference machine); a minute of lock waits would be a
// mistake of an operator.
inline constexpr TimeLimits import_limits{std::chrono::seconds(120), std::chrono::seconds(10),
                                          std::chrono::seconds(60), std::chrono::seconds(300)};
// Pages: somebody waits, and two threads serve all. Below HttpLimits::database_timeout.
inline constexpr TimeLimits web_limits{std::chrono::seconds(5), std::chrono::seconds(2),
                                       std::chrono::seconds(5), std::chrono::seconds(8)};
// A migration may build an index over all shares.
inline constexpr std::chrono::hours migration_limit{12};
// What connect_timeout and the first command of a connection may take.
inline constexpr std::chrono::seconds connect_limit{5};

}  // namespace server::store

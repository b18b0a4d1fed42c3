#pragma once
// One HTTP connection after another request: read, answer, write, with a deadline on every wait. Web thread
// only.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>

#include <array>
#include <cstddef>
#include <set>
#include <utility>

#include "server/http/api.h"
#include "server/http/limits.h"
#include "server/http/static_files.h"

namespace prometheus {
class Counter;
class Gauge;
}  // namespace prometheus

namespace server::http {

class Connection;

// Counters that /metrics shows; owned by the registry.
struct HttpCounters {
    std::array<prometheus::Counter*, 6> replies{};  // by the status's first digit
    prometheus::Gauge* connections = nullptr;
    prometheus::Counter* refused = nullptr;
    prometheus::Counter* timed_out = nullptr;
};

// What all connections share. Outlives them; only the web thread touches it, the services and files excepted
// (read by all).
struct Shared {
    Services services;
    HttpLimits limits;
    StaticFiles files;
    HttpCounters counters;
    Remembered remembered;
    boost::asio::thread_pool database_threads;
    std::set<Connection*> connections;
    std::size_t refusals = 0;
    std::size_t database_queries = 0;
    bool stopping = false;

    Shared(Services s, HttpLimits l, StaticFiles f)
        : services(std::move(s)), limits(l), files(std::move(f)), database_threads(l.database_threads) {}
};

// Serves until the peer leaves, a limit or a deadline is met, or the server stops.
boost::asio::awaitable<void> serve_connection(boost::asio::ip::tcp::socket socket, Shared* shared);
// Tells a peer that is one too many so, and closes.
boost::asio::awaitable<void> refuse_connection(boost::asio::ip::tcp::socket socket, Shared* shared);
// Closes the connections that wait for a request; the others close themselves after their reply.
void close_idle(Shared& shared);

std::int64_t wall_clock_us();

}  // namespace server::http

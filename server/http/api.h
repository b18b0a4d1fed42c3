#pragma once
// What each route answers. The table in api.cpp is the whole list. Handlers are plain functions of the
// services and the request: those that read memory run on the web thread, those that ask PostgreSQL on a
// database thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "server/http/live.h"
#include "server/http/reply.h"
#include "server/http/request.h"
#include "server/http/statistics_source.h"

namespace server {
struct PoolReadings;
}
namespace server::store {
class Database;
}

namespace server::http {

struct Services {
    LiveSource live;
    StatisticsSource* statistics = nullptr;  // outlives the server; null: there is no database at all
    std::function<std::string(const PoolReadings&)> metrics;  // the exposition; any thread
    bool demo = false;
    store::Database* reports = nullptr;  // outlives the server; null: as statistics
    std::string report_token;            // never shown or logged; empty: reports are not served
};

// The pool's sums as last read from PostgreSQL, so that the first page never waits for it. Web thread only.
struct Remembered {
    std::optional<PoolHistory> pool;  // absent until the first answer
    std::int64_t read_at_us = 0;
    bool available = false;  // the latest attempt was answered, and not long ago
};

enum class Place { web_thread, database_thread };

// 503: history cannot be shown now. `why` is a sentence.
Reply database_away(std::string_view why);

struct Context {
    const Services& services;
    const Remembered* remembered;  // null on a database thread
    std::int64_t now_us;           // microseconds since 1970
};

struct Route {
    std::string_view path;  // "/a/{b}/c": a name in braces takes one segment
    Verb verb;
    Place place;
    Reply (*answer)(const Context&, const Request&);
};

std::span<const Route> routes();

struct Match {
    const Route* route = nullptr;
    std::vector<std::string> parameters;
    std::string allow;  // of other verbs on this path: the value of Allow; empty: no such path
};
// HEAD is answered as GET without its body.
Match match_route(Verb verb, const std::vector<std::string>& segments);

// Runs the handler and turns what it throws into a problem: 503 for a database that is away, 500 for a bug.
Reply answer(const Route& route, const Context& context, const Request& request) noexcept;

// For GET /metrics: what the web room knows of the pool.
PoolReadings readings_of(const LivePool& live, const Remembered& remembered);

}  // namespace server::http

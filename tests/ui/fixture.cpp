// The real web server over a pool made of values, for the page's test. Prints "port N", then obeys lines on
// standard input: away and back (the database), empty (a fresh pool), stopped (no node gives templates). Ends
// with its standard input.

#include <atomic>
#include <iostream>
#include <string>

#include "server/http/connection.h"
#include "server/http/server.h"
#include "server/metrics.h"
#include "tests/unit/server/http/sample_world.h"

int main(int argc, char** argv) {
    sample::Statistics statistics;
    statistics.now_us = server::http::wall_clock_us();
    server::Metrics metrics({{"stale"}, {"stratum_v1"}}, 1);
    std::atomic<bool> empty = false;
    std::atomic<bool> stopped = false;

    server::http::Services services;
    services.statistics = &statistics;
    services.metrics = [&](const server::PoolReadings& readings) { return metrics.text(readings); };
    services.live = [&] {
        server::http::LivePool live = sample::live_pool();
        live.database_available = !statistics.away;
        if (empty) {
            live.sessions = live.channels = live.shares_accepted = live.journal_lag_records = 0;
            live.hashrate_hps = live.import_lag_s = 0;
            live.rejects.clear();
        }
        if (stopped) {
            live.templates_flow = false;
            live.nodes[0].state = "unreachable";
            live.nodes[0].detail = "connection refused; start the node or correct rpc_url";
            live.nodes[1].state = "wrong_chain";
        }
        return live;
    };

    server::http::HttpOptions options;
    options.address = "127.0.0.1";
    options.port = 0;
    options.demo = argc > 1 && std::string(argv[1]) == "--demo";
    server::http::HttpServer server(options, services, metrics.registry());
    server.start();
    std::cout << "port " << server.port() << std::endl;

    for (std::string line; std::getline(std::cin, line);) {
        if (line == "away") statistics.away = true;
        if (line == "back") statistics.away = false;
        if (line == "empty") statistics.empty = empty = true;
        if (line == "stopped") stopped = true;
    }
    server.stop();
}

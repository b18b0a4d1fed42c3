#pragma once
// Every maximum of the web server. Tests hand in smaller ones.
// Memory at the limit: 512 connections x (16 KiB read buffer + 64 KiB body + one reply of up to some 100 KiB)
// < 128 MiB; an idle one costs its socket and about 4 KiB.

#include <chrono>
#include <cstddef>

namespace server::http {

struct HttpLimits {
    std::size_t header_bytes_max = 8 * 1024;  // request line and fields; above: 414 or 431, then closed
    std::size_t body_bytes_max = 64 * 1024;   // above: 413, then closed
    std::size_t target_bytes_max = 2 * 1024;  // above: 414
    std::size_t connections_max = 512;        // above: 503 with Retry-After, then closed
    std::size_t refusals_max = 64;            // connections being told so; above: closed without a word
    std::size_t requests_per_connection_max = 10'000;  // the last one is answered with Connection: close
    std::size_t database_queries_max = 32;  // waiting or running on the database threads; above: 503
    std::size_t database_threads = 2;
    std::chrono::milliseconds database_timeout{
        10'000};  // a request's wait for its database thread; above: 503
    std::chrono::milliseconds history_age_max{
        15'000};                                     // sums older than this count as "the database is away"
    std::chrono::milliseconds idle_timeout{30'000};  // between requests of one connection
    std::chrono::milliseconds request_timeout{
        10'000};  // first byte to last byte of a request, however slowly it drips
    std::chrono::milliseconds response_timeout{30'000};  // first byte to last byte of a reply
    std::chrono::milliseconds linger_timeout{
        1'000};  // reading what a refused peer still sends, so that it sees the refusal
    std::chrono::milliseconds shutdown_timeout{1'000};  // replies that are under way when the server stops
    std::chrono::milliseconds refresh_interval{2'000};  // how often the pool's sums are read from PostgreSQL
};

}  // namespace server::http

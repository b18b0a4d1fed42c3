#include "server/http/server.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <thread>

#include "server/http/connection.h"
#include "server/log.h"
#include "server/task.h"
#include "server/thread.h"

namespace server::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

HttpCounters make_counters(prometheus::Registry& registry) {
    HttpCounters out;
    auto& replies = prometheus::BuildCounter()
                        .Name("hashyard_http_replies_total")
                        .Help("HTTP replies, by the first digit of the status.")
                        .Register(registry);
    for (std::size_t i = 0; i < out.replies.size(); ++i) {
        // Statuses below 200 are never sent; index 0 and 1 share a series so that the array needs no gap.
        out.replies[i] = &replies.Add({{"status", std::to_string(std::max<std::size_t>(i, 1)) + "xx"}});
    }
    out.connections = &prometheus::BuildGauge()
                           .Name("hashyard_http_connections")
                           .Help("HTTP connections open now.")
                           .Register(registry)
                           .Add({});
    out.refused = &prometheus::BuildCounter()
                       .Name("hashyard_http_connections_refused_total")
                       .Help("HTTP connections refused because there were too many.")
                       .Register(registry)
                       .Add({});
    out.timed_out = &prometheus::BuildCounter()
                         .Name("hashyard_http_timeouts_total")
                         .Help("HTTP connections closed because the peer was idle or too slow.")
                         .Register(registry)
                         .Add({});
    return out;
}

struct Refreshed {
    std::optional<PoolHistory> pool;
    std::string error;
};

asio::awaitable<Refreshed> read_pool(StatisticsSource* statistics) {
    try {
        co_return Refreshed{statistics->pool(), {}};
    } catch (const std::exception& failure) {
        co_return Refreshed{std::nullopt, failure.what()};
    }
}

}  // namespace

struct HttpServer::Impl {
    HttpOptions options;
    Shared shared;  // before the io_context: suspended connections are destroyed with it and still touch this
    asio::io_context io{1};
    tcp::acceptor acceptor{io};
    asio::steady_timer accept_pause{io};
    asio::steady_timer refresh_pause{io};
    std::thread thread;
    std::promise<void> ended;  // run() has returned
    std::uint16_t port = 0;

    Impl(const HttpOptions& o, Services s, HttpLimits l)
        : options(o), shared(std::move(s), l, StaticFiles(o.web_dir)) {}

    void listen();
    void run();
    void begin_stop();
    asio::awaitable<void> accept_connections();
    asio::awaitable<void> refresh();
};

void HttpServer::Impl::listen() {
    error_code error;
    const asio::ip::address address = asio::ip::make_address(options.address, error);
    if (error)
        throw std::runtime_error("http address: " + options.address + " is not an IPv4 or IPv6 address");
    const tcp::endpoint endpoint(address, options.port);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
    if (error) {
        error_code ignored;
        acceptor.close(ignored);
        throw std::runtime_error("http port: cannot listen on " + options.address + " port " +
                                 std::to_string(options.port) + " (" + error.message() +
                                 "): stop what uses it, or choose another port");
    }
    port = acceptor.local_endpoint().port();
}

asio::awaitable<void> HttpServer::Impl::accept_connections() {
    while (acceptor.is_open()) {
        auto [error, socket] = co_await acceptor.async_accept(no_throw);
        if (error == asio::error::operation_aborted) co_return;
        if (error) {  // out of descriptors or memory: waiting is all that helps
            log::warn("http_accept_failed", {{"what", error.message()}});
            accept_pause.expires_after(std::chrono::milliseconds(100));
            co_await accept_pause.async_wait(no_throw);
            continue;
        }
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        if (shared.connections.size() < shared.limits.connections_max) {
            spawn(io.get_executor(), serve_connection(std::move(socket), &shared), "http_connection");
            continue;
        }
        shared.counters.refused->Increment();
        if (shared.refusals < shared.limits.refusals_max) {
            spawn(io.get_executor(), refuse_connection(std::move(socket), &shared), "http_connection");
        }
    }
}

// Keeps `remembered` fresh. A database that is away leaves the last sums standing with their time.
asio::awaitable<void> HttpServer::Impl::refresh() {
    while (!shared.stopping) {
        Refreshed answer = co_await asio::co_spawn(
            shared.database_threads, read_pool(shared.services.statistics), asio::use_awaitable);
        const bool available = answer.pool.has_value();
        if (available) {
            shared.remembered.pool = std::move(answer.pool);
            shared.remembered.read_at_us = wall_clock_us();
        }
        if (shared.remembered.available && !available)
            log::warn("http_history_away", {{"what", answer.error}});
        if (!shared.remembered.available && available) log::info("http_history_available");
        shared.remembered.available = available;
        if (shared.stopping) break;
        refresh_pause.expires_after(shared.limits.refresh_interval);
        co_await refresh_pause.async_wait(no_throw);
    }
}

void HttpServer::Impl::run() {
    name_thread("web");
    run_after_shards();
    spawn(io.get_executor(), accept_connections(), "http_accept");
    if (shared.services.statistics != nullptr) spawn(io.get_executor(), refresh(), "http_refresh");
    io.run();
    ended.set_value();
}

// On the web thread. run() ends by itself when the last connection does, at the latest when stop() stops the
// io_context.
void HttpServer::Impl::begin_stop() {
    shared.stopping = true;
    error_code ignored;
    acceptor.close(ignored);
    accept_pause.cancel();
    refresh_pause.cancel();
    close_idle(shared);
}

HttpServer::HttpServer(const HttpOptions& options, Services services, prometheus::Registry& registry,
                       HttpLimits limits)
    : impl_(std::make_unique<Impl>(options, std::move(services), limits)) {
    impl_->shared.services.demo = options.demo;
    impl_->shared.counters = make_counters(registry);
}

HttpServer::~HttpServer() { stop(); }

void HttpServer::start() {
    impl_->listen();
    impl_->thread = std::thread([this] { impl_->run(); });
    log::info("http_listening", {{"address", impl_->options.address}, {"port", impl_->port}});
}

void HttpServer::stop() {
    if (!impl_->thread.joinable()) return;
    asio::post(impl_->io, [this] { impl_->begin_stop(); });
    if (impl_->ended.get_future().wait_for(impl_->shared.limits.shutdown_timeout) ==
        std::future_status::timeout) {
        impl_->io.stop();
    }
    impl_->thread.join();
    impl_->shared.database_threads.join();
}

std::uint16_t HttpServer::port() const { return impl_->port; }

}  // namespace server::http

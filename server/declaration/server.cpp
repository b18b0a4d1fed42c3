#include "server/declaration/server.h"

#include <list>
#include <thread>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "server/declaration/connection.h"
#include "server/declaration/desk.h"
#include "server/log.h"
#include "server/task.h"
#include "server/thread.h"

namespace server::declaration {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds tick{1};
// After a refused accept (no descriptor is left).
constexpr std::chrono::milliseconds accept_pause{100};

}  // namespace

struct Server::Impl {
    Impl(const DeclarationOptions& given, Surroundings surroundings, Jobs& jobs,
         prometheus::Registry& registry)
        : options(given),
          desk(io.get_executor(), given.payout_script, std::move(surroundings), jobs, registry) {}

    std::string listen() {
        error_code failed;
        const auto address = asio::ip::make_address(options.address, failed);
        if (failed)
            return "The job declaration address " + options.address +
                   " is no IPv4 or IPv6 address: write 0.0.0.0, :: or one of this machine";
        const tcp::endpoint place(address, options.port);
        if (!failed) acceptor.open(place.protocol(), failed);
        if (!failed) acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
        if (!failed) acceptor.bind(place, failed);
        if (!failed) acceptor.listen(asio::socket_base::max_listen_connections, failed);
        if (!failed) return {};
        return "Cannot listen on " + options.address + " port " + std::to_string(options.port) +
               " for job declaration: " + failed.message() + ". Stop what uses the port or set another one";
    }

    asio::awaitable<void> accept() {
        while (!stopping) {
            auto [failed, socket] = co_await acceptor.async_accept(no_throw);
            if (failed) {
                if (stopping) co_return;
                pause.expires_after(accept_pause);
                (void)co_await pause.async_wait(no_throw);
                continue;
            }
            std::erase_if(connections, [](const auto& weak) { return weak.expired(); });
            if (connections.size() >= options.connections_max) {
                log::warn("declaration_connection_refused", {{"connections", connections.size()}});
                continue;  // closed
            }
            auto connection = std::make_shared<Connection>(std::move(socket), desk);
            connections.push_back(connection);
            spawn(io.get_executor(), connection->serve(connection), "declaration_connection");
        }
    }

    asio::awaitable<void> keep_time() {
        while (!stopping) {
            timer.expires_after(tick);
            (void)co_await timer.async_wait(no_throw);
            const auto now = std::chrono::steady_clock::now();
            for (const auto& weak : connections)
                if (const auto connection = weak.lock()) connection->on_timer(now);
            desk.expire(now);
        }
    }

    void end() {
        stopping = true;
        error_code ignored;
        acceptor.close(ignored);
        timer.cancel();
        pause.cancel();
        for (const auto& weak : connections)
            if (const auto connection = weak.lock()) connection->close();
        work.reset();
    }

    const DeclarationOptions options;
    asio::io_context io{1};
    Desk desk;  // after `io`, whose executor it has
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
    tcp::acceptor acceptor{io};
    asio::steady_timer timer{io};
    asio::steady_timer pause{io};
    std::list<std::weak_ptr<Connection>> connections;
    bool stopping = false;
    std::thread thread;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() { stop(); }

boost::system::result<std::unique_ptr<Server>, std::string> Server::open(const DeclarationOptions& options,
                                                                         Surroundings surroundings,
                                                                         Jobs& jobs,
                                                                         prometheus::Registry& registry) {
    auto impl = std::make_unique<Impl>(options, std::move(surroundings), jobs, registry);
    if (auto refused = impl->listen(); !refused.empty()) return refused;
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

void Server::start() {
    spawn(impl_->io.get_executor(), impl_->accept(), "declaration_accept", Vital::yes);
    spawn(impl_->io.get_executor(), impl_->keep_time(), "declaration_time", Vital::yes);
    impl_->thread = std::thread([this] {
        name_thread("declaration");
        impl_->io.run();
    });
}

void Server::stop() {
    if (!impl_->thread.joinable()) return;
    asio::post(impl_->io, [this] { impl_->end(); });
    impl_->thread.join();
}

void Server::on_template(stratum::TemplatePtr work) {
    asio::post(impl_->io,
               [this, work = std::move(work)]() mutable { impl_->desk.on_template(std::move(work)); });
}

std::uint16_t Server::port() const {
    error_code ignored;
    return impl_->acceptor.local_endpoint(ignored).port();
}

}  // namespace server::declaration

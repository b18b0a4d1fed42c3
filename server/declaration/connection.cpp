#include "server/declaration/connection.h"

#include <array>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "server/declaration/limits.h"
#include "server/log.h"
#include "server/random_bytes.h"
#include "stratum/v2/noise.h"

namespace server::declaration {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_bytes = 64 * 1024;

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, Desk& desk)
    : socket_(std::move(socket)), desk_(desk), opened_at_(std::chrono::steady_clock::now()) {
    desk_.connections().Increment();
}

Connection::~Connection() { desk_.connections().Decrement(); }

asio::awaitable<bool> Connection::shake_hands() {
    stratum::v2::Act1 act1{};
    const auto [failed, count] = co_await asio::async_read(socket_, asio::buffer(act1), no_throw);
    const auto identity = desk_.identity();
    if (failed || count != act1.size() || !identity) co_return false;
    const auto ephemeral = stratum::v2::make_key_pair(&fill_random);
    const auto response = stratum::v2::respond(act1, ephemeral, identity->key, identity->certificate);
    sending_.assign(response.act2.begin(), response.act2.end());
    const auto [refused, sent] = co_await asio::async_write(socket_, asio::buffer(sending_), no_throw);
    sending_.clear();
    if (refused) co_return false;
    session_ = std::make_shared<Session>(
        desk_, response.keys, [this] { send(); }, std::chrono::steady_clock::now());
    co_return true;
}

asio::awaitable<void> Connection::serve([[maybe_unused]] std::shared_ptr<Connection> self) {
    error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    if (!co_await shake_hands()) {
        close();
        co_return;
    }
    std::vector<std::uint8_t> buffer(read_bytes);
    while (!closed_ && !session_->closing()) {
        const auto [failed, count] = co_await socket_.async_read_some(asio::buffer(buffer), no_throw);
        if (failed) break;
        session_->receive({buffer.data(), count}, std::chrono::steady_clock::now());
        send();
    }
    // What is being sent closes the socket when it has left.
    if (closed_ || sending_.empty()) close();
    session_.reset();
}

// One write at a time; what comes meanwhile goes with the next.
void Connection::send() {
    if (closed_ || !session_ || !sending_.empty() || session_->output().empty()) return;
    sending_.swap(session_->output());
    asio::async_write(socket_, asio::buffer(sending_),
                      [self = shared_from_this()](const error_code& failed, std::size_t) {
                          self->sending_.clear();
                          if (failed || !self->session_ || self->session_->closing()) return self->close();
                          self->send();
                      });
}

void Connection::on_template() {
    if (closed_ || !session_) return;
    session_->on_template();
    send();
}

void Connection::on_timer(Session::Instant now) {
    if (closed_) return;
    if (!session_) {
        if (now - opened_at_ > handshake_timeout) close();
        return;
    }
    session_->on_timer(now);
    // By a time limit or too much output: nothing is owed any more, and a peer that does not read would stay.
    if (session_->closing()) return close();
    send();
}

void Connection::close() {
    closed_ = true;
    error_code ignored;
    socket_.close(ignored);
}

}  // namespace server::declaration

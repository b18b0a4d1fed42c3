#pragma once
// The socket of one declaration session: handshake, then frames, with a deadline. Thread `declaration`.

#include <memory>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "server/declaration/desk.h"

namespace server::declaration {

class Connection : public std::enable_shared_from_this<Connection> {
  public:
    // `desk` outlives the connection.
    Connection(boost::asio::ip::tcp::socket socket, Desk& desk);
    ~Connection();

    // Serves until the peer leaves or the session ends. The argument keeps the object.
    boost::asio::awaitable<void> serve(std::shared_ptr<Connection> self);
    void on_timer(Session::Instant now);  // about once a second
    void close();

  private:
    boost::asio::awaitable<bool> shake_hands();
    void send();

    boost::asio::ip::tcp::socket socket_;
    Desk& desk_;
    std::shared_ptr<Session> session_;  // null before the handshake
    Session::Instant opened_at_;
    std::string sending_;
    bool closed_ = false;
};

}  // namespace server::declaration

#pragma once
// Listening on the loopback interface, for servers that tests make up.

#include <arpa/inet.h>
#include <sys/socket.h>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace simulators {

// The socket; `port` 0 becomes what the system chose. Throws, naming `who`, when it cannot be had.
inline int listen_on_loopback(std::uint16_t& port, const std::string& who) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    constexpr int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    constexpr int backlog = 1024;
    if (::bind(listener, raw, size) != 0 || ::listen(listener, backlog) != 0 ||
        ::getsockname(listener, raw, &size) != 0)
        throw std::runtime_error(who + " cannot listen on port " + std::to_string(port));
    port = ntohs(address.sin_port);
    return listener;
}

}  // namespace simulators

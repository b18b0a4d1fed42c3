#include "tests/simulators/line_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace simulators {

namespace {
constexpr std::size_t line_bytes_max = 4 << 20;
}

bool LineSocket::open(std::string url) {
    close();
    if (const auto scheme = url.find("://"); scheme != std::string::npos) url.erase(0, scheme + 3);
    const auto colon = url.rfind(':');
    if (colon == std::string::npos) return false;
    std::string host = url.substr(0, colon);
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), url.substr(colon + 1).c_str(), &hints, &found) != 0) return false;
    for (const addrinfo* at = found; at != nullptr && fd_ < 0; at = at->ai_next) {
        fd_ = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd_ >= 0 && connect(fd_, at->ai_addr, at->ai_addrlen) != 0) {
            ::close(fd_);
            fd_ = -1;
        }
    }
    freeaddrinfo(found);
    if (fd_ < 0) return false;
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return true;
}

void LineSocket::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    in_.clear();
}

void LineSocket::write(const std::string& bytes) {
    std::size_t sent = 0;
    while (fd_ >= 0 && sent < bytes.size()) {
        const ssize_t n = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return close();
        sent += static_cast<std::size_t>(n);
    }
}

std::optional<std::string> LineSocket::read_line(std::chrono::milliseconds limit) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (fd_ >= 0) {
        if (const auto end = in_.find('\n'); end != std::string::npos) {
            std::string line = in_.substr(0, end);
            in_.erase(0, end + 1);
            return line;
        }
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now())
                .count();
        pollfd wait{.fd = fd_, .events = POLLIN, .revents = 0};
        if (left < 0 || ::poll(&wait, 1, static_cast<int>(left)) <= 0) return std::nullopt;
        std::array<char, 16384> part;
        const ssize_t n = ::recv(fd_, part.data(), part.size(), 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0 || in_.size() > line_bytes_max) {
            close();
            break;
        }
        in_.append(part.data(), static_cast<std::size_t>(n));
    }
    return std::nullopt;
}

}  // namespace simulators

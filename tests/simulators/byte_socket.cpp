#include "tests/simulators/byte_socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace simulators {

namespace {

constexpr std::size_t line_bytes_max = 4 << 20;

bool come_from(int fd, const std::string& source) {
    if (source.empty()) return true;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    return inet_pton(AF_INET, source.c_str(), &address.sin_addr) == 1 &&
           bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// Waits for `events`; false when the time is over first.
bool wait_for(int fd, short events, std::chrono::milliseconds limit) {
    pollfd wait{.fd = fd, .events = events, .revents = 0};
    return limit.count() >= 0 && ::poll(&wait, 1, static_cast<int>(limit.count())) > 0;
}

}  // namespace

bool ByteSocket::open(std::string url, const std::string& source) {
    close();
    if (const auto scheme = url.find("://"); scheme != std::string::npos) url.erase(0, scheme + 3);
    url.erase(std::min(url.find('/'), url.size()));
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
        if (fd_ >= 0 && (!come_from(fd_, source) || connect(fd_, at->ai_addr, at->ai_addrlen) != 0)) {
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

void ByteSocket::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    in_.clear();
}

void ByteSocket::write(std::string_view bytes, std::optional<std::chrono::milliseconds> limit) {
    const auto until = std::chrono::steady_clock::now() + limit.value_or(std::chrono::hours(1));
    while (fd_ >= 0 && !bytes.empty()) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (limit && !wait_for(fd_, POLLOUT, left)) return close();
        const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | (limit ? MSG_DONTWAIT : 0));
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) return close();
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
}

void ByteSocket::end_writing() { ::shutdown(fd_, SHUT_WR); }

std::string ByteSocket::read_some(std::chrono::milliseconds limit) {
    if (!in_.empty()) return std::exchange(in_, {});
    if (fd_ < 0 || !wait_for(fd_, POLLIN, limit)) return {};
    std::array<char, 65536> part;
    const ssize_t n = ::recv(fd_, part.data(), part.size(), 0);
    if (n < 0 && errno == EINTR) return {};
    if (n > 0) return {part.data(), static_cast<std::size_t>(n)};
    close();
    return {};
}

std::optional<std::string> ByteSocket::read_line(std::chrono::milliseconds limit) {
    const auto until = std::chrono::steady_clock::now() + limit;
    std::string got;
    for (;;) {
        if (const auto end = got.find('\n'); end != std::string::npos) {
            in_ = got.substr(end + 1);
            got.erase(end);
            return got;
        }
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        const std::string part = read_some(std::max(left, std::chrono::milliseconds(0)));
        if (got.size() > line_bytes_max) close();
        if (fd_ < 0) return std::nullopt;
        got += part;
        if (part.empty() && left.count() <= 0) {
            in_ = got;  // the beginning of a line
            return std::nullopt;
        }
    }
}

}  // namespace simulators

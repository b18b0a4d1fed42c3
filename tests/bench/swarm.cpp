#include "tests/bench/swarm.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace bench {

namespace {

constexpr std::size_t read_bytes = 256 * 1024;

std::int64_t realtime_ns() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

std::int64_t arrival_ns(const msghdr& message) {
    for (auto* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(const_cast<msghdr*>(&message), c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
        timespec stamp{};
        std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
        return static_cast<std::int64_t>(stamp.tv_sec) * 1'000'000'000 + stamp.tv_nsec;
    }
    return realtime_ns();
}

}  // namespace

std::size_t raise_open_files() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

// What a client's wire says goes to the observer.
class Swarm::Events final : public WireEvents {
  public:
    Events(Swarm& swarm, Client& client) : swarm_(swarm), client_(client) {}
    void on_ready() override { swarm_.become_ready(client_); }
    void on_failed(const std::string& why) override {
        if (client_.fd >= 0) swarm_.close(client_, why);
    }
    void on_answer(std::uint64_t id, bool accepted, std::string_view text) override {
        swarm_.observer_.on_answer(client_, id, accepted, text);
    }
    void on_work(const News& news) override {
        if (client_.stage == Stage::ready) swarm_.observer_.on_work(client_, news);
    }

  private:
    Swarm& swarm_;
    Client& client_;
};

Swarm::Swarm(SwarmOptions options, Observer& observer)
    : options_(std::move(options)),
      observer_(observer),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      buffer_(read_bytes) {
    server_.sin_family = AF_INET;
    server_.sin_port = htons(options_.port);
    if (inet_pton(AF_INET, options_.host.c_str(), &server_.sin_addr) != 1 ||
        (ntohl(server_.sin_addr.s_addr) >> 24) != 127)
        throw std::runtime_error("the load generator speaks to loopback addresses (127.x.x.x) only");
    clients_.resize(options_.clients);
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        clients_[i].index = i;
        const std::size_t name = options_.workers == 0 ? i : i % options_.workers;
        clients_[i].events = std::make_unique<Events>(*this, clients_[i]);
        clients_[i].worker = options_.user + "." + options_.worker_prefix + std::to_string(name);
    }
}

Swarm::~Swarm() {
    for (Client& client : clients_)
        if (client.fd >= 0) ::close(client.fd);
    ::close(epoll_);
}

bool Swarm::set_up(std::chrono::seconds limit) {
    const auto until = Clock::now() + limit;
    std::size_t opened = 0;
    while (ready_ + closed_ < clients_.size()) {
        while (opened < clients_.size() && opened - ready_ - closed_ < options_.set_up_at_once)
            open(clients_[opened++]);
        poll(std::chrono::milliseconds(100));
        if (Clock::now() > until) return false;
    }
    return ready_ == clients_.size();
}

void Swarm::open(Client& client) {
    if (client.stage == Stage::closed) --closed_;
    client.out.clear();
    client.waits_to_write = false;
    const auto make_wire = options_.wire.protocol == WireProtocol::v2 ? make_v2_wire : make_v1_wire;
    client.wire = make_wire(options_.wire, client.worker, *client.events);
    client.started_at = Clock::now();
    client.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client.fd < 0) return close(client, std::string("socket: ") + std::strerror(errno));
    const int on = 1;
    setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (options_.receive_timestamps) setsockopt(client.fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (options_.source_addresses > 1) {
        setsockopt(client.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        sockaddr_in source{};
        source.sin_family = AF_INET;
        source.sin_addr.s_addr =
            htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(client.index % options_.source_addresses));
        if (bind(client.fd, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0)
            return close(client, std::string("bind: ") + std::strerror(errno));
    }
    client.stage = Stage::connecting;
    if (connect(client.fd, reinterpret_cast<const sockaddr*>(&server_), sizeof server_) != 0 &&
        errno != EINPROGRESS)
        return close(client, std::string("connect: ") + std::strerror(errno));
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT;
    event.data.u64 = client.index;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, client.fd, &event);
}

void Swarm::watch(Client& client, bool write) {
    epoll_event event{};
    event.events = EPOLLIN | (write ? std::uint32_t{EPOLLOUT} : 0U);
    event.data.u64 = client.index;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, client.fd, &event);
    client.waits_to_write = write;
}

void Swarm::poll(std::chrono::nanoseconds limit) {
    std::array<epoll_event, 256> events{};
    if (limit.count() < 0) limit = std::chrono::nanoseconds(0);
    const timespec wait{.tv_sec = limit.count() / 1'000'000'000, .tv_nsec = limit.count() % 1'000'000'000};
    const int count = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
    for (int i = 0; i < count; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        Client& client = clients_[event.data.u64];
        if (client.fd >= 0 && (event.events & EPOLLOUT) != 0) on_writable(client);
        if (client.fd >= 0 && (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) on_readable(client);
    }
}

void Swarm::on_writable(Client& client) {
    if (client.stage != Stage::connecting) return flush(client);
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(client.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return close(client, std::string("connect: ") + std::strerror(error));
    watch(client, false);
    client.stage = Stage::setting_up;
    client.wire->begin(client.out);
    flush(client);
}

void Swarm::flush(Client& client) {
    if (client.fd < 0 || client.out.empty()) return;
    const ssize_t sent = ::send(client.fd, client.out.data(), client.out.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        return close(client, std::string("send: ") + std::strerror(errno));
    if (sent > 0) client.out.erase(0, static_cast<std::size_t>(sent));
    if (client.out.empty() == client.waits_to_write) watch(client, !client.out.empty());
}

void Swarm::on_readable(Client& client) {
    iovec part{.iov_base = buffer_.data(), .iov_len = buffer_.size()};
    alignas(cmsghdr) std::array<char, 128> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (options_.receive_timestamps) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
    }
    const ssize_t got = recvmsg(client.fd, &message, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got < 0) return close(client, std::string("receive: ") + std::strerror(errno));
    if (got == 0) return close(client, "the server closed the connection");
    const std::int64_t at = options_.receive_timestamps ? arrival_ns(message) : 0;
    client.wire->receive({buffer_.data(), static_cast<std::size_t>(got)}, at, client.out);
    if (client.fd >= 0) flush(client);
}

void Swarm::become_ready(Client& client) {
    client.stage = Stage::ready;
    ++ready_;
    observer_.on_ready(client);
}

void Swarm::close(Client& client, const std::string& why) {
    if (client.fd >= 0) ::close(client.fd);
    client.fd = -1;
    if (client.stage == Stage::ready) --ready_;
    client.stage = Stage::closed;
    ++closed_;
    observer_.on_closed(client, why);
}

}  // namespace bench

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
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace bench {

namespace {

constexpr std::size_t read_bytes = 256 * 1024;
constexpr std::size_t line_bytes_max = 4 << 20;
constexpr std::uint64_t set_up_ids_max = 100;  // submissions use larger ids

std::int64_t realtime_ns() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

// The number after "id": in a line; nullopt when there is none.
std::optional<std::uint64_t> id_of(std::string_view line) {
    auto at = line.find("\"id\":");
    if (at == std::string_view::npos) return std::nullopt;
    at += 5;
    while (at < line.size() && line[at] == ' ') ++at;
    std::uint64_t id = 0;
    const auto [end, error] = std::from_chars(line.data() + at, line.data() + line.size(), id);
    if (error != std::errc{}) return std::nullopt;
    return id;
}

bool is_accepted(std::string_view line) {
    auto at = line.find("\"result\":");
    if (at == std::string_view::npos) return false;
    at += 9;
    while (at < line.size() && line[at] == ' ') ++at;
    return line.substr(at, 4) == "true";
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
    client.in.clear();
    client.out.clear();
    client.waits_to_write = false;
    client.difficulty = 1;
    client.notify.clear();
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
    advance(client);
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
    client.in.append(buffer_.data(), static_cast<std::size_t>(got));
    take_lines(client, at);
    if (client.fd >= 0) flush(client);
}

void Swarm::take_lines(Client& client, std::int64_t received_at_ns) {
    std::size_t start = 0;
    for (;;) {
        const std::size_t end = client.in.find('\n', start);
        if (end == std::string::npos) break;
        take_line(client, std::string_view(client.in).substr(start, end - start), received_at_ns);
        if (client.fd < 0) return;
        start = end + 1;
    }
    client.in.erase(0, start);
    if (client.in.size() > line_bytes_max) close(client, "the server sent an endless line");
    if (client.in.empty() && client.in.capacity() > 1024) client.in.shrink_to_fit();
}

void Swarm::take_line(Client& client, std::string_view line, std::int64_t received_at_ns) {
    if (line.empty()) return;
    if (line.find("\"method\"") != std::string_view::npos)
        return take_notification(client, line, received_at_ns);
    const auto id = id_of(line);
    if (!id) return;
    if (*id > set_up_ids_max) return observer_.on_answer(client, *id, is_accepted(line), line);
    take_set_up_answer(client, line);
}

void Swarm::take_notification(Client& client, std::string_view line, std::int64_t received_at_ns) {
    if (line.find("mining.notify") != std::string_view::npos) {
        client.notify = line;
        ++client.notifies;
        if (client.stage == Stage::waiting_for_job)
            become_ready(client);
        else if (client.stage == Stage::ready)
            observer_.on_notify(client, received_at_ns);
        return;
    }
    const auto message = nlohmann::json::parse(line, nullptr, false);
    if (!message.is_object() || !message.contains("params") || !message["params"].is_array()) return;
    const auto& params = message["params"];
    const std::string method = message.value("method", "");
    if (params.empty()) return;
    if (method == "mining.set_difficulty" && params[0].is_number()) {
        client.difficulty = params[0].get<double>() * options_.difficulty_scale;
        client.retargeted = true;
    } else if (method == "mining.set_version_mask" && params[0].is_string()) {
        client.version_mask = stratum::parse_hex_u32(params[0].get<std::string>()).value_or(0);
    }
}

void Swarm::take_set_up_answer(Client& client, std::string_view line) {
    const auto message = nlohmann::json::parse(line, nullptr, false);
    if (!message.is_object()) return close(client, "not JSON: " + std::string(line));
    const auto result = message.value("result", nlohmann::json());
    if (client.stage == Stage::configuring) {
        const std::string mask = result.is_object() ? result.value("version-rolling.mask", "") : "";
        client.version_mask = stratum::parse_hex_u32(mask).value_or(0);
    } else if (client.stage == Stage::subscribing) {
        if (!result.is_array() || result.size() < 3 || !result[1].is_string() ||
            !result[2].is_number_unsigned())
            return close(client, "subscribe: " + std::string(line));
        client.prefix = stratum::parse_hex(result[1].get<std::string>()).value_or(simulators::Bytes{});
        client.rest_bytes = result[2].get<std::size_t>();
        if (client.prefix.empty() || client.rest_bytes > 32)
            return close(client, "subscribe: " + std::string(line));
    } else if (client.stage == Stage::authorizing) {
        if (result != true) return close(client, "authorize: " + std::string(line));
    } else {
        return;
    }
    advance(client);
}

void Swarm::advance(Client& client) {
    switch (client.stage) {
        case Stage::connecting:
            client.stage = Stage::configuring;
            if (options_.version_rolling) {
                queue(client,
                      "{\"id\":1,\"method\":\"mining.configure\",\"params\":[[\"version-rolling\"],"
                      "{\"version-rolling.mask\":\"1fffe000\",\"version-rolling.min-bit-count\":2}]}\n");
                return;
            }
            [[fallthrough]];
        case Stage::configuring:
            client.stage = Stage::subscribing;
            queue(client,
                  "{\"id\":2,\"method\":\"mining.subscribe\",\"params\":[\"" + options_.agent + "\"]}\n");
            return;
        case Stage::subscribing:
            client.stage = Stage::authorizing;
            queue(client, "{\"id\":3,\"method\":\"mining.authorize\",\"params\":[\"" + client.worker +
                              "\",\"" + options_.password + "\"]}\n");
            return;
        case Stage::authorizing:
            client.stage = Stage::waiting_for_job;
            if (!options_.suggest_difficulty.empty())
                queue(client, "{\"id\":4,\"method\":\"mining.suggest_difficulty\",\"params\":[" +
                                  options_.suggest_difficulty + "]}\n");
            if (!client.notify.empty()) become_ready(client);  // some servers send work right after subscribe
            return;
        default:
            return;
    }
}

void Swarm::become_ready(Client& client) {
    client.stage = Stage::ready;
    client.retargeted = false;
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

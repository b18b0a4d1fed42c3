#include "server/pool/poller.h"

#include <sys/eventfd.h>

#include <cerrno>

#include "stratum/bytes.h"

namespace server::pool {
namespace {
constexpr std::size_t events_per_round_max = 512;
}

Poller::Poller()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      events_(events_per_round_max) {
    STRATUM_ENSURE(epoll_.is_open() && wake_.is_open());
    STRATUM_ENSURE(add(wake_.descriptor(), EPOLLIN, nullptr));
}

bool Poller::add(int descriptor, std::uint32_t events, void* what) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = what;
    return epoll_ctl(epoll_.descriptor(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void Poller::change(int descriptor, std::uint32_t events, void* what) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = what;
    STRATUM_ENSURE(epoll_ctl(epoll_.descriptor(), EPOLL_CTL_MOD, descriptor, &event) == 0);
}

void Poller::remove(int descriptor) { epoll_ctl(epoll_.descriptor(), EPOLL_CTL_DEL, descriptor, nullptr); }

std::span<const epoll_event> Poller::wait(std::chrono::milliseconds timeout) {
    const int ready = epoll_wait(epoll_.descriptor(), events_.data(), static_cast<int>(events_.size()),
                                 static_cast<int>(timeout.count()));
    STRATUM_ENSURE(ready >= 0 || errno == EINTR);
    const std::span out(events_.data(), static_cast<std::size_t>(ready < 0 ? 0 : ready));
    for (const auto& event : out) {
        if (event.data.ptr != nullptr) continue;
        eventfd_t count = 0;
        static_cast<void>(eventfd_read(wake_.descriptor(), &count));
    }
    return out;
}

void Poller::wake() { static_cast<void>(eventfd_write(wake_.descriptor(), 1)); }

}  // namespace server::pool

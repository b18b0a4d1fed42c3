#include "server/store/watchdog.h"

#include <sys/socket.h>

#include <algorithm>

#include "server/thread.h"

namespace server::store {

using std::chrono::steady_clock;

Watchdog::Watchdog() : thread_([this] { run(); }) {}

Watchdog::~Watchdog() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

unsigned long Watchdog::watch(int socket, std::chrono::milliseconds limit) {
    const std::lock_guard lock(mutex_);
    const auto most = limit.count() == 0 ? most_ : std::min(limit, most_);
    const auto until = steady_clock::now() + most;
    const bool first = std::all_of(watched_.begin(), watched_.end(),
                                   [until](const auto& one) { return until < one.second.until; });
    watched_[next_] = {socket, until, false};
    if (first) changed_.notify_all();  // the thread sleeps towards a later one
    return next_++;
}

bool Watchdog::release(unsigned long number) {
    const std::lock_guard lock(mutex_);
    const auto found = watched_.find(number);
    const bool cut = found->second.cut;
    watched_.erase(found);
    return cut;
}

void Watchdog::hurry(std::chrono::milliseconds most) {
    {
        const std::lock_guard lock(mutex_);
        most_ = std::min(most_, most);
        const auto until = steady_clock::now() + most;
        for (auto& [number, one] : watched_) one.until = std::min(one.until, until);
    }
    changed_.notify_all();
}

void Watchdog::run() {
    name_thread("db-watch");
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const auto now = steady_clock::now();
        auto next = now + std::chrono::hours(1);
        for (auto& [number, one] : watched_) {
            if (one.cut) continue;
            if (one.until <= now) {
                // Not close(): whoever waits on the socket sees its end and closes it.
                ::shutdown(one.socket, SHUT_RDWR);
                one.cut = true;
            } else {
                next = std::min(next, one.until);
            }
        }
        changed_.wait_until(lock, next);
    }
}

}  // namespace server::store

#pragma once
// Cuts the sockets of transactions that outlast their limit: libpq waits for an answer without end when the
// server hangs but its connection stands. Inside the store only (transaction.h); one per Database, with a
// thread of its own, `db-watch`. Any thread may call.

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace server::store {

class Watchdog {
  public:
    Watchdog();
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    // The socket is shut down after `limit` (0: never), unless released before. It must stay open until
    // then. The number is for release().
    [[nodiscard]] unsigned long watch(int socket, std::chrono::milliseconds limit);
    // True when the socket was shut down.
    bool release(unsigned long number);
    // From now on nothing watched lasts longer than this.
    void hurry(std::chrono::milliseconds most);

  private:
    using Instant = std::chrono::steady_clock::time_point;
    struct Watched {
        int socket = -1;
        Instant until;
        bool cut = false;
    };
    void run();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<unsigned long, Watched> watched_;  // at most one a connection
    unsigned long next_ = 1;
    std::chrono::milliseconds most_ = std::chrono::hours(24);
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace server::store

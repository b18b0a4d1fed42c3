#pragma once
// epoll and a wake-up, for one shard. Level-triggered: a round reads once from each ready socket, so no
// flooder starves others. Why not Asio here: a read costs one system call instead of two, and a round sees
// all ready sessions at once, which lets the shard hash their submissions together and journal them with one
// write.

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include <sys/epoll.h>

#include "server/pool/journal_folder.h"

namespace server::pool {

class Poller {
  public:
    Poller();  // ends the process when the kernel has no descriptor left: nothing could work then
    [[nodiscard]] bool add(int descriptor, std::uint32_t events, void* what);
    void change(int descriptor, std::uint32_t events, void* what);
    void remove(int descriptor);
    // Ready ones; the wake-up is consumed here and shows as a null pointer.
    std::span<const epoll_event> wait(std::chrono::milliseconds timeout);
    void wake();  // any thread

  private:
    File epoll_;
    File wake_;
    std::vector<epoll_event> events_;
};

}  // namespace server::pool

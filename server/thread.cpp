#include "server/thread.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace server {
namespace {

// What sched_setattr(2) takes, in its first version. The C library has no name for it, and the kernel's own
// header cannot stand beside the library's.
struct SchedulingAttributes {
    std::uint32_t size = sizeof(SchedulingAttributes);
    std::uint32_t policy = 0;
    std::uint64_t flags = 0;
    std::int32_t nice = 0;
    std::uint32_t priority = 0;
    std::uint64_t runtime_ns = 0;  // of an ordinary thread: its slice
    std::uint64_t deadline_ns = 0;
    std::uint64_t period_ns = 0;
};
static_assert(sizeof(SchedulingAttributes) == 48);

}  // namespace

void name_thread(const char* name) { ::pthread_setname_np(::pthread_self(), name); }

void run_after_shards() {
    constexpr int niceness = 10;
    // On Linux the niceness of a process number that names a thread is that thread's alone.
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), niceness);
}

void run_in_short_slices() {
    SchedulingAttributes wish;
    if (::syscall(SYS_sched_getattr, 0, &wish, sizeof wish, 0) != 0) return;
    wish.runtime_ns = 100'000;
    ::syscall(SYS_sched_setattr, 0, &wish, 0);
}

}  // namespace server

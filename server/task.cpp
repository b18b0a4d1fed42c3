#include "server/task.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include "server/log.h"

namespace server {
namespace {

std::atomic<std::size_t> running{0};
std::atomic<std::size_t> failed{0};

std::string reason_of(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

// Touched by the signal handler: lock-free atomics only.
std::atomic<int> stop_descriptor{-1};
std::atomic<int> stops_requested{0};
static_assert(std::atomic<int>::is_always_lock_free);

void on_stop_signal(int) {
    constexpr int exit_code_of_interrupt = 130;  // 128 + SIGINT, as shells say
    if (stops_requested.fetch_add(1) > 0) ::_exit(exit_code_of_interrupt);
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto told = ::write(stop_descriptor.load(), &one, sizeof one);
}

}  // namespace

void spawn(const boost::asio::any_io_executor& executor, boost::asio::awaitable<void> task, std::string name,
           Vital vital) {
    ++running;
    boost::asio::co_spawn(
        executor, std::move(task), [name = std::move(name), vital](const std::exception_ptr& failure) {
            --running;
            if (!failure) return;
            ++failed;
            log::error("task_failed",
                       {{"task", name}, {"vital", vital == Vital::yes}, {"error", reason_of(failure)}});
            if (vital == Vital::yes) std::_Exit(EXIT_FAILURE);
        });
}

std::size_t tasks_running() { return running; }
std::size_t tasks_failed() { return failed; }

std::size_t raise_open_files_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    const auto before = std::exchange(limit.rlim_cur, limit.rlim_max);
    return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

StopSignals::StopSignals() : descriptor_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    stop_descriptor = descriptor_;
    stops_requested = 0;
    struct sigaction action {};
    action.sa_handler = on_stop_signal;
    action.sa_flags = SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGXFSZ, SIG_IGN);
}

StopSignals::~StopSignals() {
    ::signal(SIGINT, SIG_DFL);
    ::signal(SIGTERM, SIG_DFL);
    stop_descriptor = -1;
    ::close(descriptor_);
}

bool StopSignals::stop_requested() { return stops_requested > 0; }
void StopSignals::request_stop() {
    if (!stop_requested()) on_stop_signal(SIGTERM);
}

}  // namespace server

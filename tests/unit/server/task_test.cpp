#include "server/task.h"

#include "tests/catch.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

using namespace server;

namespace {

boost::asio::awaitable<void> step_twice(int* steps) {
    ++*steps;
    co_await boost::asio::post(boost::asio::use_awaitable);
    ++*steps;
}

boost::asio::awaitable<void> fail_soon() {
    co_await boost::asio::post(boost::asio::use_awaitable);
    throw std::runtime_error("broken on purpose");
}

// Runs in a child; how it ended, as a shell would say.
template <typename Body>
int status_of(Body body) {
    const auto child = ::fork();
    if (child == 0) {
        body();
        ::_exit(7);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

TEST_CASE("A task runs to its end and is counted while it runs") {
    boost::asio::io_context context;
    int steps = 0;
    spawn(context.get_executor(), step_twice(&steps), "two_steps", Vital::yes);
    CHECK(tasks_running() == 1);
    context.run();
    CHECK(steps == 2);
    CHECK(tasks_running() == 0);
}

TEST_CASE("A task that fails is told and counted; only a vital one takes the process with it") {
    boost::asio::io_context context;
    const auto before = tasks_failed();
    spawn(context.get_executor(), fail_soon(), "not_vital");
    context.run();
    CHECK(tasks_failed() == before + 1);
    CHECK(status_of([] {
              boost::asio::io_context child_context;
              spawn(child_context.get_executor(), fail_soon(), "vital", Vital::yes);
              child_context.run();
          }) == EXIT_FAILURE);
}

TEST_CASE("The first signal asks for a clean stop, the second one ends the process") {
    CHECK(status_of([] {
              const StopSignals signals;
              pollfd readable{signals.descriptor(), POLLIN, 0};
              if (::poll(&readable, 1, 0) != 0 || StopSignals::stop_requested()) ::_exit(1);
              ::raise(SIGTERM);
              if (::poll(&readable, 1, 0) != 1 || !StopSignals::stop_requested()) ::_exit(2);
              ::raise(SIGINT);
          }) == 130);
    CHECK(status_of([] {
              const StopSignals signals;
              ::raise(SIGPIPE);
              ::raise(SIGXFSZ);
              StopSignals::request_stop();
              StopSignals::request_stop();
          }) == 7);
}

TEST_CASE("The limit of open files is raised to what the system allows") {
    CHECK(status_of([] {
              const auto limit = raise_open_files_limit();
              if (limit < 256 || raise_open_files_limit() != limit) ::_exit(1);
          }) == 7);
}

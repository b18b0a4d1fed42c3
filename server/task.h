#pragma once
// Starting coroutines and ending the process: what every thread's main loop shares.

#include <cstddef>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace server {

// vital: the process cannot do its work without the task; when it ends by an exception, so does the process
// (exit code 1; the journal holds every acknowledged share, so ending at once loses nothing).
enum class Vital { no, yes };

// Starts `task` on `executor` and watches it: its end by an exception is logged with its name. Any thread.
void spawn(const boost::asio::any_io_executor& executor, boost::asio::awaitable<void> task, std::string name,
           Vital vital = Vital::no);
// Tasks that spawn() started and that have not ended; tasks that ended by an exception since the start. Any
// thread.
[[nodiscard]] std::size_t tasks_running();
[[nodiscard]] std::size_t tasks_failed();

// Raises the soft limit of open files to the hard one; returns what it is now.
std::size_t raise_open_files_limit();

// SIGINT and SIGTERM ask for a clean stop; a second one ends the process at once with 130. SIGPIPE and
// SIGXFSZ are ignored: both come back as error codes. One object, made by main() before any thread starts.
class StopSignals {
  public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    // Readable once a stop was asked for: to be waited for by an io_context or poll().
    [[nodiscard]] int descriptor() const { return descriptor_; }
    [[nodiscard]] static bool stop_requested();
    // As if a signal had come. Any thread.
    static void request_stop();

  private:
    int descriptor_ = -1;
};

}  // namespace server

#pragma once
// A blocking TCP client that reads lines with a limit of time. For simulators; one thread.

#include <chrono>
#include <optional>
#include <string>

namespace simulators {

class LineSocket {
  public:
    LineSocket() = default;
    ~LineSocket() { close(); }
    LineSocket(const LineSocket&) = delete;
    LineSocket& operator=(const LineSocket&) = delete;

    // HOST:PORT, optionally after a scheme such as stratum+tcp://. False when it cannot be reached.
    bool open(std::string url);
    void close();
    [[nodiscard]] bool is_open() const { return fd_ >= 0; }
    void write(const std::string& bytes);
    // The next line without its LF; nullopt when none came in time or the connection ended (then it is
    // closed).
    std::optional<std::string> read_line(std::chrono::milliseconds limit);

  private:
    int fd_ = -1;
    std::string in_;
};

}  // namespace simulators

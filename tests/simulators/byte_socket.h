#pragma once
// A blocking TCP client that reads bytes or lines with a limit of time. For simulators; one thread.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace simulators {

class ByteSocket {
  public:
    ByteSocket() = default;
    ~ByteSocket() { close(); }
    ByteSocket(const ByteSocket&) = delete;
    ByteSocket& operator=(const ByteSocket&) = delete;

    // HOST:PORT, optionally after a scheme such as stratum+tcp:// and before a path. `source`: the address to
    // come from; empty: the system's choice. False when it cannot be reached.
    bool open(std::string url, const std::string& source = {});
    void close();
    [[nodiscard]] bool is_open() const { return fd_ >= 0; }
    // Blocks while the peer does not read. `limit`: gives up and closes when it takes longer; none: never.
    void write(std::string_view bytes, std::optional<std::chrono::milliseconds> limit = {});
    // No more is sent, reading goes on.
    void end_writing();
    // Whatever came; empty when nothing came in time or the connection ended (then it is closed).
    std::string read_some(std::chrono::milliseconds limit);
    // The next line without its LF; nullopt when none came in time or the connection ended.
    std::optional<std::string> read_line(std::chrono::milliseconds limit);

  private:
    int fd_ = -1;
    std::string in_;
};

}  // namespace simulators

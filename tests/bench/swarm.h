#pragma once
// Thousands of Stratum V1 clients on one thread with one epoll: connects, sets each up as a miner does, and
// hands lines to an Observer. Loopback only; the number of clients is fixed at the start. Used by the modes
// of the load generator.

#include <netinet/in.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulators/v1_work.h"

namespace bench {

using Clock = std::chrono::steady_clock;

struct SwarmOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 3333;
    std::size_t clients = 1;
    std::size_t set_up_at_once = 256;
    std::size_t source_addresses = 1;  // 127.0.0.1 up: each has some 28,000 ports
    std::string user;
    std::string worker_prefix = "w";
    std::size_t workers = 0;  // distinct worker names; 0: one per client
    std::string password = "x";
    std::string agent = "hashyard-load/1";
    bool version_rolling = true;
    std::string suggest_difficulty;  // sent after authorize when not empty
    double difficulty_scale =
        1;  // hashes of the announced difficulty count for so much (peers built with another difficulty 1)
    bool receive_timestamps = false;  // take the kernel's time of arrival
};

enum class Stage { idle, connecting, configuring, subscribing, authorizing, waiting_for_job, ready, closed };

struct Client {
    std::size_t index = 0;
    int fd = -1;
    Stage stage = Stage::idle;
    bool waits_to_write = false;
    bool retargeted = false;  // a set_difficulty was told since the last look
    std::string worker;
    std::string in;
    std::string out;
    simulators::Bytes prefix;  // extranonce1
    std::size_t rest_bytes = 0;
    std::uint32_t version_mask = 0;
    double difficulty = 1;
    std::string notify;  // the last mining.notify line
    std::uint64_t notifies = 0;
    Clock::time_point started_at;

    [[nodiscard]] simulators::WorkSeat seat() const {
        return {.prefix = prefix,
                .rest_bytes = rest_bytes,
                .target = simulators::target_of_difficulty(difficulty),
                .version_mask = version_mask};
    }
    [[nodiscard]] simulators::V1Submission submission(std::uint64_t id, std::string_view job) const {
        return {.id = id, .worker = worker, .job = job, .version_mask = version_mask};
    }
};

class Observer {
  public:
    virtual ~Observer() = default;
    virtual void on_ready(Client&) {}
    // An answer to a submission. `accepted` when its result is true.
    virtual void on_answer(Client&, std::uint64_t /*id*/, bool /*accepted*/, std::string_view /*line*/) {}
    // received_at_ns: nanoseconds since 1970, the kernel's when asked for. Called once the client is ready.
    virtual void on_notify(Client&, std::int64_t /*received_at_ns*/) {}
    virtual void on_closed(Client&, const std::string& /*why*/) {}
};

class Swarm {
  public:
    Swarm(SwarmOptions options, Observer& observer);
    ~Swarm();
    Swarm(const Swarm&) = delete;
    Swarm& operator=(const Swarm&) = delete;

    // Sets all clients up, `set_up_at_once` under way at a time. False when not all are ready in time.
    bool set_up(std::chrono::seconds limit);
    // Waits up to `limit` for events and handles them.
    void poll(std::chrono::nanoseconds limit);
    // Queues bytes; they leave with flush() or at the end of the client's turn.
    static void queue(Client& client, std::string_view bytes) { client.out += bytes; }
    void flush(Client& client);
    // Connects a closed client again.
    void open(Client& client);

    [[nodiscard]] std::vector<Client>& clients() { return clients_; }
    [[nodiscard]] std::size_t ready() const { return ready_; }
    [[nodiscard]] std::size_t closed() const { return closed_; }
    [[nodiscard]] const SwarmOptions& options() const { return options_; }

  private:
    void on_writable(Client& client);
    void on_readable(Client& client);
    void take_lines(Client& client, std::int64_t received_at_ns);
    void take_line(Client& client, std::string_view line, std::int64_t received_at_ns);
    void take_set_up_answer(Client& client, std::string_view line);
    void take_notification(Client& client, std::string_view line, std::int64_t received_at_ns);
    void advance(Client& client);
    void become_ready(Client& client);
    void close(Client& client, const std::string& why);
    void watch(Client& client, bool write);

    SwarmOptions options_;
    Observer& observer_;
    sockaddr_in server_{};
    int epoll_ = -1;
    std::vector<Client> clients_;
    std::size_t ready_ = 0;
    std::size_t closed_ = 0;
    std::vector<char> buffer_;
};

// Raises the limit of open files as far as allowed; returns it.
std::size_t raise_open_files();

}  // namespace bench

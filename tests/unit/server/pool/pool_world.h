#pragma once
// A pool on loopback sockets with a real journal, and a V1 client that keeps what it hears.

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

#include "server/pool/connection.h"
#include "server/pool/journal_reader.h"
#include "server/pool/pool.h"
#include "tests/catch.h"
#include "tests/unit/server/pool/handshake_world.h"
#include "tests/unit/stratum/v1/pool_world.h"

namespace server::pool::testing {

namespace fs = std::filesystem;

inline constexpr const char* user = stratum::v1::testing::test_address;

class Client {
  public:
    explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(connect(socket_.descriptor(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    void say(const std::string& text) {
        REQUIRE(send(socket_.descriptor(), text.data(), text.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(text.size()));
    }
    // The next line, or empty when the server closed or nothing came for ten seconds.
    std::string line() {
        while (true) {
            if (const auto end = input_.find('\n'); end != std::string::npos) {
                auto out = input_.substr(0, end);
                input_.erase(0, end + 1);
                return out;
            }
            pollfd ready{socket_.descriptor(), POLLIN, 0};
            char piece[4096];
            if (poll(&ready, 1, 10'000) <= 0) return {};
            const auto count = recv(socket_.descriptor(), piece, sizeof piece, 0);
            if (count <= 0) return {};
            input_.append(piece, static_cast<std::size_t>(count));
        }
    }
    std::string line_with(const std::string& text) {
        for (auto next = line(); !next.empty(); next = line())
            if (next.find(text) != std::string::npos) return next;
        return {};
    }
    // Subscribes, logs in and returns the id of the first job.
    std::string start(const std::string& session_id = "") {
        say(R"({"id":1,"method":"mining.subscribe","params":["test/1")" +
            (session_id.empty() ? "" : ",\"" + session_id + "\"") + "]}\n" +
            R"({"id":2,"method":"mining.authorize","params":[")" + user + R"(.rig","d=0.0000000002"]})" +
            "\n");
        subscribed = line();
        return job_of(line_with("mining.notify"));
    }
    static std::string job_of(const std::string& notify) {
        const auto from = notify.find("\"params\":[\"") + 11;
        return notify.substr(from, notify.find('"', from) - from);
    }
    static std::string session_id_of(const std::string& subscribed) {
        const auto from = subscribed.find("mining.notify\",\"") + 16;
        return subscribed.substr(from, subscribed.find('"', from) - from);
    }
    std::string submit(const std::string& job, int nonce) {
        char line[512];
        std::snprintf(line, sizeof line,
                      R"({"id":9,"method":"mining.submit",)"
                      R"("params":["%s.rig","%s","0000000000000000","6553f100","%08x"]})"
                      "\n",
                      user, job.c_str(), nonce);
        say(line);
        return this->line_with("\"id\":9");
    }
    std::string subscribed;

  private:
    File socket_;
    std::string input_;
};

class RunningPool {
  public:
    using Change = std::function<void(PoolOptions&)>;
    explicit RunningPool(fs::path at, std::uint32_t nbits = 0x17030000, bool strict = false,
                         unsigned shards = 1, const Change& change = {})
        : folder(std::move(at)) {
        PoolOptions options;
        options.data_dir = folder;
        options.shards = shards;
        options.vardiff = false;
        options.journal_strict = strict;
        options.payout_script = stratum::Bytes(22, 1);
        ListenerOptions listener;
        listener.address = "127.0.0.1";
        listener.port = 0;
        listener.difficulty_min = listener.difficulty_start = *stratum::Difficulty::fraction(32);
        options.listeners = {listener};
        if (change) change(options);
        fs::create_directories(folder);
        auto opened = Journals::open({folder / "journal", shards, std::chrono::milliseconds(1), {}});
        REQUIRE(opened.has_value());
        journals = std::move(*opened);
        journals->start();
        metrics = std::make_unique<server::Metrics>(
            server::MetricNames{std::vector<std::string>(stratum::reject_reason_count, "x"), protocol_names(),
                                failure_names()},
            shards);
        auto made = Pool::open(options, *journals, *metrics, [this](server::node::BlockCandidate block) {
            const std::lock_guard lock(mutex);
            blocks.push_back(std::move(block));
        });
        INFO((made ? "" : made.error()));
        REQUIRE(made.has_value());
        pool = std::move(*made);
        pool->start();
        pool->on_template(stratum::v1::testing::make_template(next_template_++, 1, nbits));
    }
    void tip(std::uint8_t tip) {
        pool->on_template(stratum::v1::testing::make_template(next_template_++, tip, 0x17030000));
    }
    ~RunningPool() {
        pool->stop();
        journals->stop();
    }
    [[nodiscard]] std::uint16_t port() const { return pool->listeners().front().port; }
    // Until the ends of all connections were seen.
    void wait_until_alone() const {
        while (metrics->sessions() != 0) std::this_thread::yield();
    }

    static std::vector<std::string> protocol_names() {
        std::vector<std::string> out;
        for (std::size_t i = 0; i < protocol_count; ++i) out.emplace_back(name_of(static_cast<Protocol>(i)));
        return out;
    }
    static std::vector<std::string> failure_names() {
        std::vector<std::string> out;
        for (std::size_t i = 0; i < handshake_failure_count; ++i)
            out.emplace_back(name_of(static_cast<HandshakeFailure>(i)));
        return out;
    }
    // The first shard's.
    [[nodiscard]] std::uint64_t open(Protocol protocol) const {
        return metrics->shard(0).sessions[static_cast<std::size_t>(protocol)].value();
    }
    [[nodiscard]] std::uint64_t failed(HandshakeFailure failure) const {
        return metrics->shard(0).handshakes_failed[static_cast<std::size_t>(failure)].value();
    }

    fs::path folder;
    std::unique_ptr<Journals> journals;
    std::unique_ptr<server::Metrics> metrics;
    std::unique_ptr<Pool> pool;
    std::mutex mutex;
    std::vector<server::node::BlockCandidate> blocks;

  private:
    std::uint64_t next_template_ = 1 << 20;
};

}  // namespace server::pool::testing

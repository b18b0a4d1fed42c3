// hashyard-cpu-miner: a Stratum V1 miner that really mines, on the CPU. For first looks, tests and demos; it
// earns nothing. One thread talks to the pool, `threads` threads hash, each with its own part of the
// extranonce. Work is built by v1_work's rules; only the inner loop (the header's second block) uses
// stratum/sha256.h, for its speed, and what it finds is hashed again with OpenSSL before it is sent.

#include <atomic>
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "stratum/sha256.h"
#include "tests/simulators/line_socket.h"
#include "tests/simulators/v1_work.h"

namespace simulators {

namespace {

using Clock = std::chrono::steady_clock;
std::atomic<bool> stopping{false};

struct MinerOptions {
    std::string url = "127.0.0.1:3333";
    std::string user;
    std::string worker = "cpu";
    std::string password = "x";
    std::string agent = "hashyard-cpu-miner/0.1";
    unsigned threads = 1;
    double seconds = 0;        // 0: until a signal
    std::uint64_t shares = 0;  // accepted ones; 0: no limit
    double duty = 1;           // share of the time that each thread hashes
    bool version_rolling = true;
    bool quiet = false;
};

// What the hashing threads work on. Replaced whole under the mutex; threads look at `generation` between
// batches.
struct Work {
    V1Job job;
    Bytes prefix;
    std::size_t rest_bytes = 0;
    double target = 0;
    std::uint32_t version_mask = 0;
};

struct Shared {
    std::mutex mutex;
    Work work;                                 // under mutex
    std::vector<V1Share> found;                // under mutex
    std::atomic<std::uint64_t> generation{0};  // 0: no work
    std::atomic<std::uint64_t> hashes{0};
};

constexpr std::uint32_t batch_hashes = 1 << 15;
constexpr std::size_t found_max =
    1000;  // shares waiting to be sent; more are dropped (a very low difficulty)

// Hashes one batch of nonces from `first`; calls nothing, returns the nonces that meet the target.
std::vector<std::uint32_t> hash_batch(const std::array<std::uint8_t, 80>& header, double target,
                                      std::uint32_t first) {
    std::vector<std::uint32_t> hits;
    stratum::Sha256State state = stratum::Sha256State::initial();
    stratum::sha256_update(state, stratum::ByteView(header).first(64));
    std::array<std::array<std::uint8_t, 16>, 2> tails{};
    for (auto& tail : tails) std::copy(header.begin() + 64, header.end(), tail.begin());
    for (std::uint32_t i = 0; i < batch_hashes; i += 2) {
        stratum::store_le32(&tails[0][12], first + i);
        stratum::store_le32(&tails[1][12], first + i + 1);
        const auto hashes = stratum::sha256d_finish_two({&state, &state}, 64, {tails[0], tails[1]});
        for (std::uint32_t lane = 0; lane < 2; ++lane)
            if (value_of(hashes[lane]) <= target && hits.size() < found_max) hits.push_back(first + i + lane);
    }
    return hits;
}

void keep_found(Shared& shared, const Work& work, const Hash256& root, V1Share share, std::uint32_t version,
                const std::vector<std::uint32_t>& nonces, std::uint64_t generation) {
    for (const std::uint32_t nonce : nonces) {
        share.nonce = nonce;
        share.hash = sha256d_openssl(make_header(work.job, root, version, share.ntime, nonce));
        if (value_of(share.hash) > work.target) {
            std::fprintf(stderr, "cpu-miner: the two hash routines disagree\n");
            std::abort();
        }
        const std::lock_guard lock(shared.mutex);
        if (shared.generation == generation && shared.found.size() < found_max) shared.found.push_back(share);
    }
}

void hash_thread(Shared& shared, unsigned index, double duty) {
    std::uint64_t rest = index;
    while (!stopping) {
        const std::uint64_t generation = shared.generation;
        if (generation == 0) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            continue;
        }
        Work work;
        {
            const std::lock_guard lock(shared.mutex);
            work = shared.work;
        }
        Bytes extranonce = work.prefix;
        rest += 256;  // threads are told apart by the lowest byte
        for (std::size_t i = work.rest_bytes; i-- > 0;)
            extranonce.push_back(i < 8 ? static_cast<std::uint8_t>(rest >> (8 * i)) : std::uint8_t{0});
        V1Share share;
        share.job = work.job.id;
        share.rest = stratum::to_hex(stratum::ByteView(extranonce).subspan(work.prefix.size()));
        share.ntime = work.job.ntime;
        share.version_bits = static_cast<std::uint32_t>(rest << 13) & work.version_mask;
        const std::uint32_t version = (work.job.version & ~work.version_mask) | share.version_bits;
        const Hash256 root = merkle_root(work.job, extranonce);
        const auto header = make_header(work.job, root, version, share.ntime, 0);
        for (std::uint32_t first = 0; !stopping && shared.generation == generation;) {
            const auto started = Clock::now();
            keep_found(shared, work, root, share, version, hash_batch(header, work.target, first),
                       generation);
            shared.hashes += batch_hashes;
            if (duty < 1) std::this_thread::sleep_for((Clock::now() - started) * (1 / duty - 1));
            first += batch_hashes;
            if (first == 0) break;  // all nonces of this extranonce were tried
        }
    }
}

enum class Ended { lost, done };

// One connection to the pool, from subscribe to its loss.
class PoolConnection {
  public:
    PoolConnection(const MinerOptions& options, Shared& shared) : options_(options), shared_(shared) {}

    Ended run(Clock::time_point until) {
        if (!socket_.open(options_.url)) return Ended::lost;
        if (options_.version_rolling)
            send(R"({"id":1,"method":"mining.configure","params":[["version-rolling"],)"
                 R"({"version-rolling.mask":"1fffe000","version-rolling.min-bit-count":2}]})");
        send(R"({"id":2,"method":"mining.subscribe","params":[")" + options_.agent + R"("]})");
        while (!stopping && Clock::now() < until) {
            const auto line = socket_.read_line(std::chrono::milliseconds(50));
            if (line) take(*line);
            if (!socket_.is_open()) return Ended::lost;
            send_found();
            if (options_.shares != 0 && accepted >= options_.shares) return Ended::done;
        }
        return Ended::done;
    }

    static inline std::uint64_t accepted = 0;
    static inline std::uint64_t rejected = 0;

  private:
    void send(const std::string& line) { socket_.write(line + "\n"); }

    void take(const std::string& line) {
        const auto message = nlohmann::json::parse(line, nullptr, false);
        if (!message.is_object()) return;
        if (message.contains("method") && message["method"].is_string())
            return take_notification(message, line);
        const auto id = message.value("id", nlohmann::json());
        if (!id.is_number_unsigned()) return;
        const auto result = message.value("result", nlohmann::json());
        switch (id.get<std::uint64_t>()) {
            case 1:
                take_configure(result);
                return;
            case 2:
                take_subscribe(result, line);
                return;
            case 3:
                if (result != true)
                    std::fprintf(stderr, "cpu-miner: the pool refused the user: %s\n", line.c_str());
                return;
            default:
                ++(result == true ? accepted : rejected);
                if (result != true)
                    std::fprintf(stderr, "cpu-miner: rejected: %s\n", line.c_str());
                else if (!options_.quiet)
                    std::printf("accepted %llu\n", static_cast<unsigned long long>(accepted));
                std::fflush(stdout);
        }
    }

    void take_configure(const nlohmann::json& result) {
        if (!result.is_object() || result.value("version-rolling", nlohmann::json()) != true) return;
        const auto mask = result.value("version-rolling.mask", nlohmann::json());
        if (mask.is_string()) mask_ = stratum::parse_hex_u32(mask.get<std::string>()).value_or(0);
    }

    void take_subscribe(const nlohmann::json& result, const std::string& line) {
        if (!result.is_array() || result.size() < 3 || !result[1].is_string() ||
            !result[2].is_number_unsigned()) {
            std::fprintf(stderr, "cpu-miner: subscribe was answered with %s\n", line.c_str());
            socket_.close();
            return;
        }
        prefix_ = stratum::parse_hex(result[1].get<std::string>()).value_or(Bytes{});
        rest_bytes_ = std::min<std::size_t>(result[2].get<std::size_t>(), 32);
        send(R"({"id":3,"method":"mining.authorize","params":[")" + worker() + R"(",")" + options_.password +
             R"("]})");
    }

    void take_notification(const nlohmann::json& message, const std::string& line) {
        const auto method = message["method"].get<std::string>();
        const auto params = message.value("params", nlohmann::json());
        if (!params.is_array() || params.empty()) return;
        if (method == "mining.set_difficulty" && params[0].is_number()) difficulty_ = params[0].get<double>();
        if (method == "mining.set_version_mask" && params[0].is_string())
            mask_ = stratum::parse_hex_u32(params[0].get<std::string>()).value_or(0);
        if (method == "client.get_version")
            send(nlohmann::json{
                {"id", message.value("id", nlohmann::json())}, {"result", options_.agent}, {"error", nullptr}}
                     .dump());
        if (method == "client.show_message") std::printf("pool says: %s\n", params[0].dump().c_str());
        if (method != "mining.notify") return;
        auto job = parse_notify(line);
        if (!job || prefix_.empty()) return;
        const std::lock_guard lock(shared_.mutex);
        if (job->clean) shared_.found.clear();
        shared_.work = {std::move(*job), prefix_, rest_bytes_, target_of_difficulty(difficulty_), mask_};
        ++shared_.generation;
    }

    void send_found() {
        std::vector<V1Share> found;
        {
            const std::lock_guard lock(shared_.mutex);
            found.swap(shared_.found);
        }
        for (const V1Share& share : found)
            socket_.write(submit_line(next_id_++, worker(), share, mask_ != 0));
    }

    [[nodiscard]] std::string worker() const {
        return options_.worker.empty() ? options_.user : options_.user + "." + options_.worker;
    }

    const MinerOptions& options_;
    Shared& shared_;
    LineSocket socket_;
    Bytes prefix_;
    std::size_t rest_bytes_ = 0;
    std::uint32_t mask_ = 0;
    double difficulty_ = 1;
    std::uint64_t next_id_ = 100;
};

int mine(const MinerOptions& options) {
    Shared shared;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < options.threads; ++i)
        threads.emplace_back(hash_thread, std::ref(shared), i, options.duty);
    const auto started = Clock::now();
    const auto until =
        options.seconds > 0
            ? started + std::chrono::milliseconds(static_cast<std::int64_t>(options.seconds * 1000))
            : Clock::time_point::max();
    auto pause = std::chrono::milliseconds(200);
    while (!stopping && Clock::now() < until) {
        const auto opened = Clock::now();
        if (PoolConnection(options, shared).run(until) == Ended::done) break;
        shared.generation = 0;
        if (Clock::now() - opened > std::chrono::seconds(10)) pause = std::chrono::milliseconds(200);
        if (!options.quiet) std::printf("not connected to %s, trying again\n", options.url.c_str());
        std::fflush(stdout);
        for (auto slept = Clock::now(); !stopping && Clock::now() < until && Clock::now() - slept < pause;)
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        pause = std::min(pause * 2, std::chrono::milliseconds(5000));
    }
    stopping = true;
    for (auto& thread : threads) thread.join();
    const double seconds = std::chrono::duration<double>(Clock::now() - started).count();
    std::printf("accepted %llu, rejected %llu, %.2f MH/s over %.1f s\n",
                static_cast<unsigned long long>(PoolConnection::accepted),
                static_cast<unsigned long long>(PoolConnection::rejected),
                static_cast<double>(shared.hashes) / seconds / 1e6, seconds);
    return PoolConnection::accepted > 0 ? 0 : 1;
}

extern "C" void on_signal(int) { stopping = true; }

}  // namespace
}  // namespace simulators

int main(int argc, char** argv) {
    simulators::MinerOptions options;
    CLI::App app{"A Stratum V1 miner on the CPU, for first looks and tests"};
    app.add_option("--url", options.url, "HOST:PORT, with or without stratum+tcp://");
    app.add_option("--user", options.user, "payout address or account name")->required();
    app.add_option("--worker", options.worker, "name after the dot");
    app.add_option("--password", options.password);
    app.add_option("--agent", options.agent, "what it calls itself in subscribe");
    app.add_option("--threads", options.threads)->check(CLI::Range(1, 256));
    app.add_option("--seconds", options.seconds, "stop after so long; 0: on a signal");
    app.add_option("--shares", options.shares, "stop after so many accepted shares; 0: no limit");
    app.add_option("--duty", options.duty, "part of the time each thread hashes")
        ->check(CLI::Range(0.001, 1.0));
    app.add_flag("--version-rolling,!--no-version-rolling", options.version_rolling);
    app.add_flag("--quiet", options.quiet);
    CLI11_PARSE(app, argc, argv);
    std::signal(SIGINT, simulators::on_signal);
    std::signal(SIGTERM, simulators::on_signal);
    std::signal(SIGPIPE, SIG_IGN);
    return simulators::mine(options);
}

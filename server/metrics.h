#pragma once
// What Prometheus is told. main.cpp owns one Metrics; each room either registers slow-moving families in
// registry() or, on the share path, counts in a ShardMetrics that the scrape adds up. Names start with
// hashyard_ (process_ for the families that every Prometheus client library names so), units are base units,
// labels are enumerators: never a user, a worker or a unit.
//
// Threads: a ShardMetrics is written by its shard's thread alone and read by the scrape at any time: each
// number is a relaxed atomic that its one writer loads and stores, so counting costs what a plain integer
// costs. shards() is fixed before the shards start.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
class Registry;
struct MetricFamily;
}  // namespace prometheus

namespace server {

// A number with one writing thread and any number of readers.
template <typename Number>
class ShardNumber {
  public:
    void add(Number n = 1) noexcept { set(value() + n); }
    void subtract(Number n = 1) noexcept { set(value() - n); }
    void set(Number n) noexcept { value_.store(n, std::memory_order_relaxed); }
    [[nodiscard]] Number value() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<Number> value_{0};
};
using ShardCounter = ShardNumber<std::uint64_t>;
using ShardReal = ShardNumber<double>;

// Upper bounds of every duration histogram on the share path, in nanoseconds: 10 us to 10 s, three to a
// decade.
inline constexpr std::array<std::int64_t, 19> duration_bounds_ns{
    10'000,      25'000,        50'000,        100'000,       250'000,       500'000,     1'000'000,
    2'500'000,   5'000'000,     10'000'000,    25'000'000,    50'000'000,    100'000'000, 250'000'000,
    500'000'000, 1'000'000'000, 2'500'000'000, 5'000'000'000, 10'000'000'000};

// A histogram with one writing thread. observe() is a short scan and two stores.
class ShardHistogram {
  public:
    void observe(std::chrono::nanoseconds duration, std::uint64_t times = 1) noexcept {
        const std::int64_t ns = duration.count() < 0 ? 0 : duration.count();
        std::size_t bucket = 0;
        while (bucket < duration_bounds_ns.size() && ns > duration_bounds_ns[bucket]) ++bucket;
        counts_[bucket].add(times);
        sum_ns_.add(static_cast<std::uint64_t>(ns) * times);
    }
    // Bucket i counts what is above bound i-1 and at most bound i; the last one what is above every bound.
    [[nodiscard]] std::uint64_t count(std::size_t bucket) const noexcept { return counts_[bucket].value(); }
    [[nodiscard]] double sum_s() const noexcept { return static_cast<double>(sum_ns_.value()) * 1e-9; }

  private:
    std::array<ShardCounter, duration_bounds_ns.size() + 1> counts_;
    ShardCounter sum_ns_;
};

inline constexpr std::size_t reject_reasons_max =
    32;  // stratum's enum has fewer; a reason beyond is not counted (ensured at start)
inline constexpr std::size_t session_protocols_max = 8;   // there are four
inline constexpr std::size_t handshake_failures_max = 8;  // there are four

// What a shard counts. Index rejects by the value of stratum's reject reason, sessions by the listener's
// protocol.
struct alignas(64) ShardMetrics {
    ShardCounter shares_accepted;
    ShardReal work_hashes;      // expected hashes of accepted shares: rate() of it is the pool's hashrate
    ShardCounter blocks_found;  // candidates handed to the nodes
    std::array<ShardCounter, reject_reasons_max> rejects;
    std::array<ShardCounter, session_protocols_max> sessions;         // open now: add() and subtract()
    std::array<ShardCounter, session_protocols_max> sessions_opened;  // since start
    ShardCounter channels;                                            // open now
    ShardCounter handshakes;                                          // V2, answered
    std::array<ShardCounter, handshake_failures_max> handshakes_failed;
    ShardHistogram handshake;  // act 1 read, to its answer back in the shard
    ShardHistogram notify;     // template received by the pool, to the notify handed to the kernel; one
                               // observation a session
    ShardHistogram submit;     // submission read from the socket, to its answer handed to the kernel
};

// Names that the numbers above are labelled with, in index order. Given by main.cpp from the pool's
// enumerators.
struct MetricNames {
    std::vector<std::string> reject_reasons;
    std::vector<std::string> protocols;
    std::vector<std::string> handshake_failures{};
};

// What is read, not counted: asked for at each scrape, absent when not known. The web room fills it from
// memory and the store.
struct PoolReadings {
    std::optional<double> template_age_s;
    std::optional<double> template_height;
    std::optional<double> network_difficulty;
    std::optional<double> journal_lag_records;  // journaled, not yet in PostgreSQL
    std::optional<double> import_lag_s;         // age of the oldest record not yet in PostgreSQL
    std::optional<bool> database_available;
    std::optional<double> certificate_left_s;     // of the V2 server; negative when it has expired
    std::map<std::string, std::uint64_t> blocks;  // by state
    std::optional<double> round_effort;  // work of the running round over the expected work of a block
    std::optional<double> luck;          // expected over actual work of the last luck_blocks rounds
    std::optional<double> hashrate_hps;
};

class Metrics {
  public:
    Metrics(MetricNames names, std::size_t shards);
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    // For families that change seldom (node health, imports, HTTP). Any thread; prometheus-cpp locks inside.
    [[nodiscard]] prometheus::Registry& registry() { return *registry_; }
    // Lives as long as this object. Only shard k's thread writes shard(k).
    [[nodiscard]] ShardMetrics& shard(std::size_t index);
    // First template of a tip that carries transactions, measured from the tip's first notice. Control thread
    // writes.
    [[nodiscard]] ShardHistogram& first_full_template() { return first_full_template_; }
    // Sum over shards, for the status page. Any thread.
    [[nodiscard]] std::uint64_t sessions() const;
    [[nodiscard]] std::uint64_t channels() const;
    [[nodiscard]] std::uint64_t shares_accepted() const;
    [[nodiscard]] double work_hashes() const;
    [[nodiscard]] std::map<std::string, std::uint64_t> rejects() const;

    // The whole exposition in Prometheus's text format 0.0.4. Any thread.
    [[nodiscard]] std::string text(const PoolReadings& readings) const;

  private:
    void collect_shards(std::vector<prometheus::MetricFamily>& out) const;
    void collect_sessions(std::vector<prometheus::MetricFamily>& out) const;
    void collect_handshakes(std::vector<prometheus::MetricFamily>& out) const;

    const MetricNames names_;
    std::shared_ptr<prometheus::Registry> registry_;
    std::vector<std::unique_ptr<ShardMetrics>> shards_;
    ShardHistogram first_full_template_;
};

}  // namespace server

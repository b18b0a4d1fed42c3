#pragma once
// What the load generator measures: latencies, and the server's CPU time and memory as the kernel counts
// them.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

// Latencies in nanoseconds; percentiles by sorting.
class Latencies {
  public:
    void add(std::int64_t nanoseconds) { values_.push_back(nanoseconds); }
    [[nodiscard]] bool empty() const { return values_.empty(); }
    [[nodiscard]] std::size_t count() const { return values_.size(); }
    // Milliseconds; quantile in [0, 1]. 0 when nothing was measured.
    [[nodiscard]] double at(double quantile);

  private:
    std::vector<std::int64_t> values_;
    std::size_t sorted_ = 0;
};

// CPU seconds of the threads that these processes have (from /proc/PID/task/TID/schedstat, to the
// nanosecond; /proc/PID/stat counts ticks of 10 ms).
double cpu_seconds(const std::vector<pid_t>& processes);
// Resident bytes of these processes (from /proc/PID/smaps_rollup).
std::uint64_t resident_bytes(const std::vector<pid_t>& processes);
double own_cpu_seconds();

// A flat JSON object, written by hand in the order of the calls.
class Report {
  public:
    Report& text(const std::string& name, const std::string& value);
    Report& number(const std::string& name, double value);
    Report& count(const std::string& name, std::uint64_t value);
    [[nodiscard]] std::string json() const { return "{" + body_ + "}\n"; }

  private:
    void name(const std::string& name);
    std::string body_;
};

}  // namespace bench

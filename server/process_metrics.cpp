#include "server/process_metrics.h"

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>

#ifndef HASHYARD_VERSION
#define HASHYARD_VERSION "unknown"
#endif

namespace server {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

void put(std::vector<MetricFamily>& out, MetricType type, const char* name, const char* help,
         std::optional<double> value) {
    if (!value) return;
    MetricFamily family;
    family.name = name;
    family.help = help;
    family.type = type;
    prometheus::ClientMetric metric;
    (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = *value;
    family.metric.push_back(metric);
    out.push_back(family);
}

std::optional<double> cpu_seconds() {
    rusage usage{};
    if (getrusage(RUSAGE_SELF, &usage) != 0) return std::nullopt;
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Memory {
    double virtual_bytes = 0;
    double resident_bytes = 0;
};

// proc(5): the first two numbers of statm are pages of virtual and of resident memory.
std::optional<Memory> memory() {
    std::ifstream file("/proc/self/statm");
    double virtual_pages = 0;
    double resident_pages = 0;
    if (!(file >> virtual_pages >> resident_pages)) return std::nullopt;
    const auto page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE));
    return Memory{virtual_pages * page_bytes, resident_pages * page_bytes};
}

std::optional<double> open_descriptors() {
    std::error_code error;
    std::filesystem::directory_iterator it("/proc/self/fd", error);
    if (error) return std::nullopt;
    double count = -1;  // the directory's own descriptor does not count
    for (const auto end = std::filesystem::directory_iterator(); it != end; it.increment(error)) {
        if (error) return std::nullopt;
        ++count;
    }
    return count;
}

std::optional<double> descriptors_max() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
    return static_cast<double>(limit.rlim_cur);
}

// proc(5): field 22 of stat is the start in clock ticks since boot; btime of /proc/stat is the boot in
// seconds since 1970. The name in field 2 may hold spaces and brackets, so counting starts behind its last
// ')'.
std::optional<double> start_time() {
    std::ifstream stat("/proc/self/stat");
    std::string line;
    if (!std::getline(stat, line) || line.rfind(')') == std::string::npos) return std::nullopt;
    std::istringstream fields(line.substr(line.rfind(')') + 1));
    std::string field;
    for (int number = 3; number <= 22; ++number) {
        if (!(fields >> field)) return std::nullopt;
    }
    double ticks = 0;
    const auto parsed = std::from_chars(field.data(), field.data() + field.size(), ticks);
    if (parsed.ec != std::errc()) return std::nullopt;
    std::ifstream system("/proc/stat");
    while (std::getline(system, line)) {
        if (!line.starts_with("btime ")) continue;
        std::istringstream boot(line.substr(6));
        double boot_s = 0;
        if (!(boot >> boot_s)) return std::nullopt;
        return boot_s + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
    }
    return std::nullopt;
}

std::optional<double> thread_count() {
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line)) {
        if (line.starts_with("Threads:")) return std::stod(line.substr(8));
    }
    return std::nullopt;
}

}  // namespace

void collect_process(std::vector<MetricFamily>& out) {
    const std::optional<Memory> used = memory();
    constexpr auto gauge = MetricType::Gauge;
    put(out, MetricType::Counter, "process_cpu_seconds_total", "Processor time of the process.",
        cpu_seconds());
    put(out, gauge, "process_resident_memory_bytes", "Resident memory of the process.",
        used ? std::optional(used->resident_bytes) : std::nullopt);
    put(out, gauge, "process_virtual_memory_bytes", "Virtual memory of the process.",
        used ? std::optional(used->virtual_bytes) : std::nullopt);
    put(out, gauge, "process_open_fds", "File descriptors that are open.", open_descriptors());
    put(out, gauge, "process_max_fds", "File descriptors the process may open.", descriptors_max());
    put(out, gauge, "process_threads", "Threads of the process.", thread_count());
    static const std::optional<double> started = start_time();
    put(out, gauge, "process_start_time_seconds", "Start of the process, in seconds since 1970.", started);
    put(out, gauge, "hashyard_build_info", "Always 1; the labels tell the build.", 1.0);
    out.back().metric.front().label = {{"version", HASHYARD_VERSION}, {"compiler", __VERSION__}};
}

}  // namespace server

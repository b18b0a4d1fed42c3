#include "tests/bench/measure.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace bench {

double Latencies::at(double quantile) {
    if (values_.empty()) return 0;
    if (sorted_ != values_.size()) std::sort(values_.begin(), values_.end());
    sorted_ = values_.size();
    const auto index = static_cast<std::size_t>(quantile * static_cast<double>(values_.size() - 1) + 0.5);
    return static_cast<double>(values_[index]) / 1e6;
}

double cpu_seconds(const std::vector<pid_t>& processes) {
    double ticks = 0;
    for (const pid_t pid : processes) {
        std::ifstream file(fmt::format("/proc/{}/stat", pid));
        std::string line;
        std::getline(file, line);
        const auto after_name = line.rfind(')');
        if (after_name == std::string::npos) continue;
        std::istringstream fields(line.substr(after_name + 1));
        std::string field;
        for (int i = 0; i < 11; ++i) fields >> field;  // state to cmajflt
        double user = 0;
        double system = 0;
        fields >> user >> system;
        ticks += user + system;
    }
    return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::uint64_t resident_bytes(const std::vector<pid_t>& processes) {
    std::uint64_t bytes = 0;
    for (const pid_t pid : processes) {
        std::ifstream file(fmt::format("/proc/{}/smaps_rollup", pid));
        for (std::string line; std::getline(file, line);)
            if (line.starts_with("Rss:")) bytes += std::stoull(line.substr(4)) * 1024;
    }
    return bytes;
}

double own_cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void Report::name(const std::string& name) {
    body_ += fmt::format("{}\"{}\": ", body_.empty() ? "" : ", ", name);
}

Report& Report::text(const std::string& n, const std::string& value) {
    name(n);
    body_ += '"';
    for (const char c : value)
        if (c == '"' || c == '\\')
            body_ += fmt::format("\\{}", c);
        else if (static_cast<unsigned char>(c) < 0x20)
            body_ += ' ';
        else
            body_ += c;
    body_ += '"';
    return *this;
}

Report& Report::number(const std::string& n, double value) {
    name(n);
    body_ += fmt::format("{:.6g}", value);
    return *this;
}

Report& Report::count(const std::string& n, std::uint64_t value) {
    name(n);
    body_ += fmt::format("{}", value);
    return *this;
}

}  // namespace bench

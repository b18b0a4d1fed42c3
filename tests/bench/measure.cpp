#include "tests/bench/measure.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace bench {

double Latencies::at(double quantile) {
    if (values_.empty()) return 0;
    if (sorted_ != values_.size()) std::sort(values_.begin(), values_.end());
    sorted_ = values_.size();
    const auto index = static_cast<std::size_t>(quantile * static_cast<double>(values_.size() - 1) + 0.5);
    return static_cast<double>(values_[index]) / 1e6;
}

double cpu_seconds(const std::vector<pid_t>& processes) {
    double nanoseconds = 0;
    for (const pid_t pid : processes) {
        std::error_code gone;
        for (const auto& task :
             std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), gone)) {
            double on_cpu = 0;
            std::ifstream(task.path() / "schedstat") >> on_cpu;
            nanoseconds += on_cpu;
        }
    }
    return nanoseconds / 1e9;
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

#include "server/log.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <ctime>
#include <map>
#include <mutex>
#include <utility>

namespace server::log {
namespace {

// 20 lines a second of one event are enough to see a storm; a storm of 100,000 would bury what matters.
constexpr double burst = 20;
constexpr std::size_t events_max = 1024;  // event names are literals: 1,024 is ten times what the program has
constexpr std::size_t value_bytes_max = 1024;

std::atomic<Level> least_level{Level::info};
std::atomic<Format> chosen_format{Format::text};

const char* name_of(Level level) {
    constexpr std::array names{"debug", "info", "warn", "error"};
    return names[static_cast<std::size_t>(level)];
}

// Token bucket for each event name: `burst` tokens, refilled at `burst` a second.
class Limiter {
  public:
    // Lines dropped since the last printed one, or -1 when this one is to be dropped too.
    std::int64_t admit(std::string_view event, std::chrono::steady_clock::time_point now) {
        const std::lock_guard lock(mutex_);
        auto found = buckets_.find(event);
        if (found == buckets_.end()) {
            if (buckets_.size() >= events_max) buckets_.clear();
            found = buckets_.emplace(std::string(event), Bucket{burst, now, 0}).first;
        }
        auto& bucket = found->second;
        const std::chrono::duration<double> passed = now - bucket.refilled_at;
        bucket.tokens = std::min(burst, bucket.tokens + passed.count() * burst);
        bucket.refilled_at = now;
        if (bucket.tokens < 1) {
            ++bucket.dropped;
            return -1;
        }
        bucket.tokens -= 1;
        return std::exchange(bucket.dropped, 0);
    }

  private:
    struct Bucket {
        double tokens;
        std::chrono::steady_clock::time_point refilled_at;
        std::int64_t dropped;
    };
    std::mutex mutex_;
    std::map<std::string, Bucket, std::less<>> buckets_;
};

// Never destroyed: threads may still log while the process ends.
Limiter& limiter() {
    static auto& instance = *new Limiter;
    return instance;
}

std::string time_text() {
    std::timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    std::tm parts{};
    ::gmtime_r(&now.tv_sec, &parts);
    std::array<char, 40> text{};
    auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::string out(text.data(), length);
    const auto milliseconds = std::to_string(now.tv_nsec / 1'000'000);
    return out + "." + std::string(3 - milliseconds.size(), '0') + milliseconds + "Z";
}

void append_escaped(std::string& out, char letter) {
    constexpr char digits[] = "0123456789abcdef";
    const auto code = static_cast<unsigned char>(letter);
    if (letter == '"' || letter == '\\') {
        out += '\\';
        out += letter;
    } else if (letter == '\n') {
        out += "\\n";
    } else if (code < 0x20 || code == 0x7f) {
        out += "\\u00";
        out += digits[code >> 4];
        out += digits[code & 15];
    } else {
        out += letter;
    }
}

void append_quoted(std::string& out, std::string_view value) {
    out += '"';
    for (const char letter : value.substr(0, value_bytes_max)) append_escaped(out, letter);
    out += '"';
}

bool is_plain(std::string_view value) {
    return !value.empty() && value.size() <= value_bytes_max &&
           std::all_of(value.begin(), value.end(),
                       [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\'; });
}

void append_field(std::string& out, Format format, std::string_view name, std::string_view value) {
    if (format == Format::json) {
        out += ',';
        append_quoted(out, name);
        out += ':';
        append_quoted(out, value);
        return;
    }
    out += ' ';
    out += name;
    out += '=';
    if (is_plain(value)) {
        out += value;
    } else {
        append_quoted(out, value);
    }
}

}  // namespace

std::string line_of(Format format, std::string_view time, Level level, std::string_view event,
                    std::initializer_list<Field> fields, std::int64_t dropped) {
    std::string line;
    line.reserve(200);
    if (format == Format::json) {
        line += "{\"time\":";
        append_quoted(line, time);
        append_field(line, format, "level", name_of(level));
        append_field(line, format, "event", event);
    } else {
        line += time;
        line += ' ';
        line += name_of(level);
        line += ' ';
        line += event;
    }
    for (const auto& field : fields) append_field(line, format, field.name, field.value);
    if (dropped > 0) append_field(line, format, "dropped_before", std::to_string(dropped));
    line += format == Format::json ? "}\n" : "\n";
    return line;
}

void configure(Level least, Format format) {
    least_level = least;
    chosen_format = format;
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
    if (level < least_level.load(std::memory_order_relaxed)) return;
    const auto dropped = limiter().admit(event, std::chrono::steady_clock::now());
    if (dropped < 0) return;
    const auto line = line_of(chosen_format, time_text(), level, event, fields, dropped);
    // One write a line: lines of several threads do not mix (pipes take up to PIPE_BUF whole).
    // A failing log is no reason to stop.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace server::log

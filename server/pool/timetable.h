#pragma once
// Which connections of a shard are to be looked at when: the ends of time limits, and answers that wait for
// more of them. Pure; on its shard's thread. An entry of a connection that is gone comes due all the same:
// its serial tells.

#include <chrono>
#include <cstdint>
#include <optional>
#include <queue>
#include <vector>

#include "server/pool/handshake_desk.h"

namespace server::pool {

class Timetable {
  public:
    using Instant = std::chrono::steady_clock::time_point;
    enum class What : std::uint8_t { time_limit, flush };
    struct Entry {
        Instant at;
        ConnectionName connection;
        What what = What::time_limit;
    };
    // Two a connection, for ten seconds at most: 26,000 connections a second for ever. 32 bytes each.
    static constexpr std::size_t entries_max = 524'288;

    // False when it is full.
    [[nodiscard]] bool add(const Entry& entry) {
        if (entries_.size() >= entries_max) return false;
        entries_.push(entry);
        return true;
    }
    // The earliest entry that is due; then the next call has the next one.
    std::optional<Entry> take_due(Instant now) {
        if (entries_.empty() || entries_.top().at > now) return std::nullopt;
        const auto due = entries_.top();
        entries_.pop();
        return due;
    }
    [[nodiscard]] std::optional<Instant> next() const {
        return entries_.empty() ? std::nullopt : std::optional(entries_.top().at);
    }

  private:
    struct Later {
        bool operator()(const Entry& a, const Entry& b) const { return a.at > b.at; }
    };
    std::priority_queue<Entry, std::vector<Entry>, Later> entries_;
};

}  // namespace server::pool

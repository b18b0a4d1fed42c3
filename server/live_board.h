#pragma once
// What the running pool looks like now, gathered for the web from the rooms that know. Owned by serve().
// Writers: the control thread (templates), the keeper (sample); live() is for any thread.

#include <chrono>
#include <deque>
#include <memory>

#include "server/http/live.h"
#include "server/latest.h"
#include "server/metrics.h"
#include "stratum/template.h"

namespace server {

class LiveBoard {
  public:
    using Instant = std::chrono::steady_clock::time_point;
    explicit LiveBoard(Metrics& metrics) : metrics_(metrics) {}

    // Control thread. Times the first template of a tip that carries transactions.
    void on_template(const stratum::TemplatePtr& work);
    // Keeper thread, every few seconds: one more point of the hashrate's window.
    void sample(Instant now);
    // Fills what memory knows; main adds nodes, listeners and the database.
    void fill(http::LivePool& live, Instant now) const;

  private:
    struct Point {
        Instant at;
        double work_hashes = 0;
        std::uint64_t shares = 0;
    };
    [[nodiscard]] Point point(Instant now) const;

    Metrics& metrics_;
    Latest<stratum::Template> newest_;
    Latest<Point> window_start_;
    std::deque<Point> points_;  // of the last window, oldest first; keeper thread
    Instant tip_at_{};          // control thread
    bool tip_has_full_ = true;
};

}  // namespace server

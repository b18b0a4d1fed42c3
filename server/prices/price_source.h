#pragma once
// Fetches the price of one pair from one venue each minute and stores it. Owned by the wiring; its step() is
// a duty of the bookkeeper and runs on the books thread, at most for the configured timeout. What a venue
// says is believed only within bounds: a positive number of digits, and no jump beyond a percentage of the
// newest price. Without a price for too long it raises an alarm: a metric, and one error in the log.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "server/prices/http_get.h"
#include "server/prices/options.h"
#include "server/store/database.h"

namespace server::prices {

class PriceSource {
  public:
    PriceSource(store::Database& database, PriceOptions options, prometheus::Registry& registry);

    // One fetch; gives what went wrong, or nothing. Within one minute the first price stands.
    std::string step(std::chrono::system_clock::time_point now);

  private:
    std::string fetch(std::int64_t now_us);
    std::string store_answer(const std::string& answer, std::int64_t now_us);
    bool read_newest(std::int64_t now_us);
    void tell_age(std::int64_t now_us, const std::string& problem);

    store::Database& database_;
    const PriceOptions options_;
    std::optional<HttpUrl> url_;
    HttpGet http_;
    prometheus::Gauge& stored_at_;
    prometheus::Gauge& stale_;
    std::int64_t first_step_us_ = 0;     // 0: none yet
    std::int64_t newest_minute_us_ = 0;  // stored of this venue; 0: none
    bool told_stale_ = false;
};

// The URL with the codes put in.
[[nodiscard]] std::string filled_url(const PriceOptions& options);

}  // namespace server::prices

#include "server/prices/price_source.h"

#include <algorithm>
#include <utility>

#include "fleet/ledger/price_file.h"
#include "server/log.h"
#include "server/prices/price_reply.h"
#include "server/store/prices.h"

namespace server::prices {

namespace {

using fleet::ledger::Integer;
using fleet::ledger::Price;

constexpr std::int64_t jump_window_us = 3'600'000'000;  // an older price says nothing about a jump
constexpr std::int64_t newest_window_us = 366LL * 86'400'000'000;

void replace(std::string& text, std::string_view word, const std::string& by) {
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + by.size()))
        text.replace(at, word.size(), by);
}

// Whether `now` is at most so many percent above or below `before`. 38 digits and 18 places fit 256 bits.
bool within_percent(const Price& now, const Price& before, unsigned percent) {
    const Integer ten = 10;
    const Integer a = now.value * boost::multiprecision::pow(ten, before.scale);
    const Integer b = before.value * boost::multiprecision::pow(ten, now.scale);
    return (a > b ? Integer(a - b) : Integer(b - a)) * 100 <= b * percent;
}

prometheus::Gauge& gauge(prometheus::Registry& registry, const std::string& name, const std::string& help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

}  // namespace

std::string filled_url(const PriceOptions& options) {
    auto url = options.url;
    replace(url, "{asset}", options.asset);
    replace(url, "{quote}", options.quote);
    return url;
}

PriceSource::PriceSource(store::Database& database, PriceOptions options, prometheus::Registry& registry)
    : database_(database),
      options_(std::move(options)),
      url_(parse_http_url(filled_url(options_))),
      http_(options_.ca_file),
      stored_at_(gauge(registry, "hashyard_price_timestamp_seconds",
                       "The minute of the newest price of the configured venue, in seconds since 1970.")),
      stale_(gauge(registry, "hashyard_price_stale",
                   "1 while that price is older than prices.stale_minutes.")) {}

std::string PriceSource::step(std::chrono::system_clock::time_point now) {
    const auto now_us = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
    if (first_step_us_ == 0) {
        if (!read_newest(now_us)) return "PostgreSQL does not answer";
        first_step_us_ = now_us;
    }
    auto problem = fetch(now_us);
    tell_age(now_us, problem);
    return problem;
}

bool PriceSource::read_newest(std::int64_t now_us) {
    const auto newest = store::price_at(
        database_, {options_.asset, options_.quote, now_us, {options_.venue}, newest_window_us});
    if (!newest) return false;
    if (*newest) newest_minute_us_ = (*newest)->minute_us;
    return true;
}

std::string PriceSource::fetch(std::int64_t now_us) {
    if (fleet::ledger::minute_of(now_us) == newest_minute_us_) return {};
    if (!url_) return "prices.url is no http:// or https:// address";
    const auto answer = http_.get(*url_, std::min(options_.timeout, timeout_max));
    if (!answer.problem.empty()) return public_text(*url_) + ": " + answer.problem;
    return store_answer(answer.body, now_us);
}

std::string PriceSource::store_answer(const std::string& answer, std::int64_t now_us) {
    const auto reply = price_in(answer, options_.pointer);
    if (!reply.problem.empty()) return public_text(*url_) + ": " + reply.problem;
    const auto before = store::price_at(
        database_, {options_.asset, options_.quote, now_us, {options_.venue}, jump_window_us});
    if (!before) return "PostgreSQL does not answer: " + before.error().reason;
    if (*before && !within_percent(reply.price, (*before)->price, options_.jump_max_percent))
        return "the price jumps from " + text_of((*before)->price) + " to " + text_of(reply.price) +
               ": not stored; if it is true, raise prices.jump_max_percent or use hashyard price import";
    const auto minute_us = fleet::ledger::minute_of(now_us);
    const auto imported = store::import_prices(database_,
                                               {{options_.asset, options_.quote, minute_us, options_.venue,
                                                 reply.price, public_text(*url_).substr(0, 200), answer}},
                                               store::PriceImportMode::store);
    if (!imported) return "PostgreSQL does not answer: " + imported.error().reason;
    // Another one stands there, as after a restart within the minute: the first one stays.
    const bool there = *before && (*before)->minute_us == minute_us;
    if (!imported->refused.empty() && !there) return imported->refused.front().text;
    newest_minute_us_ = minute_us;
    return {};
}

void PriceSource::tell_age(std::int64_t now_us, const std::string& problem) {
    stored_at_.Set(static_cast<double>(newest_minute_us_ / 1'000'000));
    const auto since_us = std::max(newest_minute_us_, newest_minute_us_ == 0 ? first_step_us_ : 0);
    const auto limit_us = std::chrono::duration_cast<std::chrono::microseconds>(options_.stale_after).count();
    const bool stale = now_us - since_us > limit_us;
    stale_.Set(stale ? 1 : 0);
    if (stale && !told_stale_)
        log::error("price_stale", {{"pair", options_.asset + "/" + options_.quote},
                                   {"venue", options_.venue},
                                   {"minutes", (now_us - since_us) / 60'000'000},
                                   {"why", problem},
                                   {"remedy", "mend the [prices] section or use hashyard price import"}});
    if (!stale && told_stale_)
        log::info("price_fresh",
                  {{"pair", options_.asset + "/" + options_.quote}, {"venue", options_.venue}});
    told_stale_ = stale;
}

}  // namespace server::prices

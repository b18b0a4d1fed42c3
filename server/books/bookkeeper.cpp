#include "server/books/bookkeeper.h"

#include <utility>

#include "server/log.h"
#include "server/store/ledger.h"
#include "server/store/ledger_check.h"
#include "server/thread.h"

namespace server::books {

namespace {

using std::chrono::system_clock;

std::int64_t micros(system_clock::time_point at) {
    return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

std::int64_t day_of(system_clock::time_point at) {
    return std::chrono::floor<std::chrono::days>(at).time_since_epoch().count();
}

prometheus::Gauge& gauge(prometheus::Registry& registry, const std::string& name, const std::string& help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

}  // namespace

Bookkeeper::Bookkeeper(store::Database& database, BookkeeperOptions options, prometheus::Registry& registry)
    : database_(database),
      options_(std::move(options)),
      posted_(prometheus::BuildCounter()
                  .Name("hashyard_ledger_block_postings_total")
                  .Help("Steps of blocks in the ledger, by what was booked.")
                  .Register(registry)),
      failures_(prometheus::BuildCounter()
                    .Name("hashyard_books_failures_total")
                    .Help("Work of the bookkeeper that failed, by duty.")
                    .Register(registry)),
      findings_(
          gauge(registry, "hashyard_ledger_findings", "Differences the last check of the ledger found.")),
      checked_at_(gauge(registry, "hashyard_ledger_checked_timestamp_seconds",
                        "When the ledger was last proven, in seconds since 1970.")),
      frozen_(gauge(registry, "hashyard_payouts_frozen", "Reasons for which payouts stand still now.")) {
    using Kind = store::BlockPosted::Kind;
    for (const auto kind : {Kind::immature, Kind::mature, Kind::reversed, Kind::refused})
        posted_.Add({{"step", store::name_of(kind)}});
}

Bookkeeper::~Bookkeeper() { stop(); }

void Bookkeeper::add_duty(Duty duty) {
    failures_.Add({{"duty", duty.name}});
    duties_.push_back({std::move(duty), {}, {}});
}

void Bookkeeper::start() {
    thread_ = std::thread([this] { run(); });
}

void Bookkeeper::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Bookkeeper::run() {
    name_thread("books");
    run_after_shards();
    while (true) {
        round();
        std::unique_lock lock(mutex_);
        if (wake_.wait_for(lock, options_.look_interval, [this] { return stopping_; })) return;
    }
}

bool Bookkeeper::round() {
    if (!post_blocks() || !check_daily()) return false;
    const auto freezes = store::active_freezes(database_);
    if (!freezes) return false;
    frozen_.Set(static_cast<double>(freezes->size()));
    run_duties();
    return true;
}

bool Bookkeeper::post_blocks() {
    const auto blocks = store::blocks_to_post(database_, blocks_per_look_max);
    if (!blocks) return false;
    for (const auto& block : *blocks) {
        const auto posted = store::post_block(database_, block, options_.wallet, micros(options_.clock()));
        if (!posted) return false;
        using Kind = store::BlockPosted::Kind;
        if (posted->kind == Kind::nothing) continue;
        if (posted->kind == Kind::refused) {
            told_refused(block, posted->detail);
            continue;
        }
        posted_.Add({{"step", store::name_of(posted->kind)}}).Increment();
        log::info("block_posted", {{"block", stratum::displayed(block.hash)},
                                   {"step", store::name_of(posted->kind)},
                                   {"transfers", posted->transfers}});
    }
    return true;
}

void Bookkeeper::told_refused(const store::BlockToPost& block, const std::string& why) {
    auto refused = stratum::displayed(block.hash) + why;
    if (refused == refused_) return;
    refused_ = std::move(refused);
    posted_.Add({{"step", "refused"}}).Increment();
    log::error("block_not_posted", {{"block", stratum::displayed(block.hash)},
                                    {"why", why},
                                    {"remedy", "run hashyard books check; the block is tried again"}});
}

// Once a UTC day, and at the first start of a day; a check that others ran counts too.
bool Bookkeeper::check_daily() {
    const auto today = day_of(options_.clock());
    if (checked_day_ == today) return true;
    const auto last = store::last_ledger_check(database_);
    if (!last) return false;
    if (*last && day_of(system_clock::time_point(std::chrono::seconds((*last)->checked_at_s))) == today) {
        findings_.Set(static_cast<double>((*last)->findings));
        checked_at_.Set(static_cast<double>((*last)->checked_at_s));
        checked_day_ = today;
        return true;
    }
    const auto check = store::check_ledger(database_);
    if (!check) return false;
    checked_day_ = today;
    findings_.Set(static_cast<double>(check->findings.size()));
    checked_at_.Set(static_cast<double>(micros(options_.clock()) / 1'000'000));
    for (const auto& finding : check->findings)
        log::error(
            "ledger_difference",
            {{"invariant", finding.invariant}, {"finding", finding.text}, {"effect", "payouts stand still"}});
    if (check->findings.empty())
        log::info("ledger_proven", {{"through", check->through_number}, {"head", check->head}});
    return true;
}

void Bookkeeper::run_duties() {
    for (auto& [duty, due, told] : duties_) {
        const auto now = options_.clock();
        if (now < due) continue;
        due = now + duty.interval;
        auto problem = duty.run(now);
        if (!problem.empty()) failures_.Add({{"duty", duty.name}}).Increment();
        if (problem != told && !problem.empty())
            log::warn("duty_failed", {{"duty", duty.name}, {"why", problem}});
        if (problem.empty() && !told.empty()) log::info("duty_works_again", {{"duty", duty.name}});
        told = std::move(problem);
    }
}

}  // namespace server::books

#pragma once
// Keeps the books while the pool mines: posts what became of blocks, proves the ledger once a day, and runs
// the duties that other rooms give it (signing, prices, payouts). Owned by serve(); its thread is `books`.
// Every step is one transaction and may be repeated, so the thread may die anywhere.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "server/store/block_postings.h"
#include "server/store/database.h"

namespace server::books {

// Something to do again and again. `run` gets the time and gives what went wrong, or nothing; it must end
// within seconds, since all duties share the thread.
struct Duty {
    std::string name;
    std::chrono::milliseconds interval{60'000};
    std::function<std::string(std::chrono::system_clock::time_point now)> run;
};

struct BookkeeperOptions {
    std::string wallet = "main";                    // the wallet account that mature rewards arrive in
    std::chrono::milliseconds look_interval{1000};  // at blocks whose books are behind
    std::function<std::chrono::system_clock::time_point()> clock = std::chrono::system_clock::now;
};

inline constexpr std::size_t blocks_per_look_max = 100;

class Bookkeeper {
  public:
    Bookkeeper(store::Database& database, BookkeeperOptions options, prometheus::Registry& registry);
    ~Bookkeeper();
    Bookkeeper(const Bookkeeper&) = delete;
    Bookkeeper& operator=(const Bookkeeper&) = delete;

    void add_duty(Duty duty);  // before start()
    void start();              // the schema is there
    void stop();               // after the step under way

    // One round, for tests: what is due at the clock's time. False when the database was away.
    bool round();

  private:
    struct Running {
        Duty duty;
        std::chrono::system_clock::time_point due;
        std::string told;  // what went wrong last time
    };

    void run();
    bool post_blocks();
    void told_refused(const store::BlockToPost& block, const std::string& why);
    bool check_daily();
    void run_duties();

    store::Database& database_;
    const BookkeeperOptions options_;
    prometheus::Family<prometheus::Counter>& posted_;
    prometheus::Family<prometheus::Counter>& failures_;
    prometheus::Gauge& findings_;
    prometheus::Gauge& checked_at_;
    prometheus::Gauge& frozen_;
    std::vector<Running> duties_;
    std::string refused_;            // the block that was refused last, with its reason: told once
    std::int64_t checked_day_ = -1;  // days since 1970; -1: not known yet
    std::thread thread_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
};

}  // namespace server::books

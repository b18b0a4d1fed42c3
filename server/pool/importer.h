#pragma once
// Brings the journals of this pool node into PostgreSQL, keeps the state of blocks and credits them. Owned by
// main.cpp; runs on a thread of its own, `importer`. While PostgreSQL is away it waits with back-off: nothing
// is lost, since the journals keep what is not imported, and nothing comes twice, since rows and positions
// share a transaction.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "fleet/ledger/payout_rule.h"
#include "server/bounded_queue.h"
#include "server/pool/batch_maker.h"
#include "server/pool/share_source.h"
#include "server/store/blocks.h"
#include "server/store/database.h"
#include "server/store/import.h"
#include "server/store/payouts.h"

namespace server::pool {

struct ImporterOptions {
    std::string node_name = "pool-1";
    std::uint64_t journal = 0;  // identity of the journal folder
    fleet::ledger::PayoutRule rule;
    // A batch: 0.6 s of 200,000 shares/s and about 60 MB while it is made. Interval sums cost a row a worker
    // and batch.
    std::size_t records_max = 120'000;
    std::chrono::milliseconds poll_interval{100};
    std::chrono::milliseconds retry_first{200};
    std::chrono::milliseconds retry_max{5'000};
    // A share is on its way to the journal for microseconds; after this no share received before a block can
    // still come.
    std::chrono::milliseconds settle_time{1'000};
};

struct ImporterEvents {
    // Importer thread. A block stands in the database from now on: the node side may watch it.
    std::function<void(const stratum::Hash256&)> on_block_imported;
    std::function<void(const stratum::Hash256&, std::size_t lines)> on_block_credited;
};

class Importer {
  public:
    // Database and sources outlive this object.
    Importer(store::Database& database, std::vector<std::unique_ptr<ShareSource>> sources,
             ImporterOptions options, ImporterEvents events = {});
    ~Importer();
    Importer(const Importer&) = delete;
    Importer& operator=(const Importer&) = delete;

    void start();
    // Imports what is on disk, for at most `drain`, then ends the thread. The journals are synced before.
    void stop(std::chrono::milliseconds drain = std::chrono::seconds(10));

    // Any thread: what the chain says of a block. Kept until the database has it. False: the queue is full,
    // tell it again later.
    [[nodiscard]] bool tell(store::BlockNews news) { return news_.push(std::move(news)); }

    // Any thread, for metrics and pages.
    [[nodiscard]] std::uint64_t lag_records() const;
    [[nodiscard]] double lag_s() const;  // since everything written had been imported; 0 while it is
    [[nodiscard]] bool database_available() const { return available_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t shares_imported() const {
        return shares_imported_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t records_unusable() const { return unusable_.load(std::memory_order_relaxed); }

    enum class Step { imported, idle, unavailable };
    // One round of reading, importing and crediting; what the thread repeats. Public for tests, which need no
    // thread then.
    Step step();

  private:
    struct Shard {
        std::unique_ptr<ShareSource> source;
        std::vector<SourceRecord> waiting;  // read, not yet imported
        std::size_t taken = 0;              // of waiting, in the batch being made
        bool more = false;                  // the source has more at once
        std::int64_t clock_us = 0;  // the latest time seen: records keep their order whatever the clock did
        std::atomic<std::uint64_t> position{0};  // imported
    };
    struct WaitingCredit {
        store::BlockToCredit block;
        std::vector<std::uint64_t> through;  // of each shard, to be imported first; empty: not sampled yet
        std::chrono::steady_clock::time_point not_before{};
    };

    void run();
    bool prepare();
    void read_sources();
    [[nodiscard]] std::vector<MergedRecord> merge();
    Step import_batch(const std::vector<MergedRecord>& records);
    void committed(const store::ImportBatch& batch);
    bool take_news();
    bool credit_blocks();
    bool credit(WaitingCredit& waiting);
    [[nodiscard]] bool imported_far_enough(WaitingCredit& waiting) const;
    bool keep_house();
    Step lost(const store::Unavailable& why);
    void found_again();

    store::Database& database_;
    const ImporterOptions options_;
    const ImporterEvents events_;
    std::vector<Shard> shards_;
    BatchMaker maker_;
    bool ready_ = false;
    bool told_unavailable_ = false;
    std::int16_t pool_node_ = 0;
    std::int64_t partitions_through_ = 0;
    std::vector<store::BlockNews> waiting_news_;
    std::vector<WaitingCredit> waiting_credits_;
    bool look_for_credits_ = true;
    std::chrono::steady_clock::time_point next_look_{};
    std::chrono::steady_clock::time_point next_housekeeping_{};

    static constexpr std::size_t news_max = 4096;
    BoundedQueue<store::BlockNews> news_{news_max};
    std::atomic<bool> available_{false};
    std::atomic<std::uint64_t> shares_imported_{0};
    std::atomic<std::uint64_t> unusable_{0};
    std::atomic<std::int64_t> caught_up_at_ms_{0};  // steady clock

    std::thread thread_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::chrono::steady_clock::time_point drain_until_{};
};

}  // namespace server::pool

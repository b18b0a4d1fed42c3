#pragma once
// The one caller that hashes, judges, journals, counts and answers submissions. Owned by one shard, used on
// its thread. Order: hash all, judge each, hand blocks over, one journal write, then the answers. When the
// write fails, nothing of the batch is credited and the miners are told so.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "server/metrics.h"
#include "server/node/nodes.h"
#include "server/pool/journal.h"
#include "stratum/session.h"

namespace server::pool {

// Refused submissions since the last report. They are not journaled; a crash loses at most one report.
struct RejectNews {
    bool known_worker = false;  // false: sent before a login
    UserKind user_kind = UserKind::address;
    std::string user;
    std::string worker_name;
    stratum::RejectReason reason{};
    std::uint64_t count = 0;
};

class ShareSettler {
  public:
    using Instant = std::chrono::steady_clock::time_point;
    using OnBlock = std::function<void(node::BlockCandidate)>;

    ShareSettler(JournalWriter& journal, ShardMetrics& metrics, OnBlock on_block)
        : journal_(journal), metrics_(metrics), on_block_(std::move(on_block)) {}

    stratum::ShareBatch& batch() { return batch_; }
    // Empties the batch. Sessions in it are alive.
    void settle(Instant now, std::int64_t now_us);

    // A template came; its jobs are issued from now on. Wall clock, microseconds since 1970.
    void on_template(std::uint64_t number, std::int64_t now_us);
    void retire_jobs(const std::vector<std::uint64_t>& jobs);

    std::vector<RejectNews> take_rejects();

    // Any thread. False since a write failed, until one succeeds.
    [[nodiscard]] bool journal_works() const { return journal_works_.load(std::memory_order_relaxed); }

  private:
    void judge_all(Instant now);
    void count_reject(const stratum::PendingShare& share, stratum::RejectReason reason);
    void journal_all(std::int64_t now_us);
    void journal_share(const stratum::PendingShare& share, const stratum::Verdict& verdict,
                       const stratum::Hash256& hash, std::int64_t now_us);
    void hand_over_block(const stratum::PendingShare& share, const stratum::Hash256& hash,
                         std::int64_t now_us);
    bool define_job(const stratum::Job& job);
    [[nodiscard]] std::int64_t issued_at_us(const stratum::Template& work) const;

    JournalWriter& journal_;
    ShardMetrics& metrics_;
    OnBlock on_block_;
    stratum::ShareBatch batch_;
    std::vector<stratum::HeaderInput> inputs_;
    std::vector<stratum::Hash256> hashes_;    // of inputs_
    std::vector<std::size_t> input_of_;       // by share: its index in inputs_, or none
    std::vector<stratum::Verdict> verdicts_;  // by share
    std::unordered_set<std::uint64_t> defined_jobs_;
    std::uint64_t last_job_ = 0;  // the one nearly all shares are for
    std::vector<std::pair<std::uint64_t, std::int64_t>>
        issued_;  // template number, wall clock; oldest first, one a kept template
    // work of the target seen last: a division of 256-bit numbers saved for nearly every share
    stratum::Uint256 last_target_;
    double last_work_ = 0;
    // By worker (0: none) and reason. Beyond the bound they are counted under no worker.
    static constexpr std::size_t reject_counts_max = 16'384;
    std::map<std::pair<std::uint32_t, stratum::RejectReason>, std::uint64_t> rejects_;
    std::atomic<bool> journal_works_{true};
};

}  // namespace server::pool

#pragma once
// The threads of the CPU miner that hash. One thread talks to the pool, sets assignments and takes what was
// found; the others hash, each with its own part of the extranonce or of the version bits. Headers are built
// by mining_work's rules; only the inner loop (the header's second block) uses stratum/sha256.h, for its
// speed, and what it finds is hashed again with OpenSSL.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/simulators/mining_work.h"

namespace simulators {

// Work for one V1 session or V2 channel. The ids are the protocol's, to submit with.
struct Assignment {
    Work work;
    WorkSeat seat;
    std::string v1_job_id;
    std::uint32_t v2_channel_id = 0;
    std::uint32_t v2_job_id = 0;
};
using Assignments = std::vector<std::shared_ptr<const Assignment>>;

struct Found {
    FoundShare share;
    std::shared_ptr<const Assignment> assignment;
};

enum class OldShares { keep, drop };  // those found and not yet taken

class HashThreads {
  public:
    // duty: the part of the time that each thread hashes.
    HashThreads(unsigned threads, double duty);
    ~HashThreads() { stop(); }
    HashThreads(const HashThreads&) = delete;
    HashThreads& operator=(const HashThreads&) = delete;

    // Replaces the work; none: the threads rest.
    void assign(Assignments assignments, OldShares old);
    std::vector<Found> take_found();
    void stop();
    [[nodiscard]] std::uint64_t hashes() const { return hashes_; }

  private:
    void run(unsigned index);
    // Hashes nonces until they are used up, the work changes or, with several assignments, a batch is done.
    void hash(const std::shared_ptr<const Assignment>& assignment, std::uint64_t counter, bool one_batch,
              std::uint64_t generation);
    void keep(const std::shared_ptr<const Assignment>& assignment, const Hash256& root, FoundShare share,
              const std::vector<std::uint32_t>& nonces, std::uint64_t generation);

    static constexpr std::size_t found_max = 1000;  // more are dropped (a very low difficulty)
    double duty_;
    std::mutex mutex_;
    Assignments assignments_;                   // under mutex_
    std::vector<Found> found_;                  // under mutex_
    std::atomic<std::uint64_t> generation_{0};  // counts assign(); looked at between batches
    std::atomic<bool> stopping_{false};
    std::atomic<std::uint64_t> hashes_{0};
    std::vector<std::thread> threads_;
};

}  // namespace simulators

#pragma once
// What the simulated pool has promised to whomever, kept outside of it: credit, blocks, prefixes. A broken
// promise throws Broken.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/channel_model.h"
#include "tests/sim/store_model.h"

namespace sim {

struct Counts {
    std::uint64_t steps = 0, blocks = 0, templates = 0, tips = 0, reconnects = 0, resumes = 0, crashes = 0,
                  unanswered = 0, channels_opened = 0, channels_closed = 0, updates = 0, retargets = 0,
                  batches = 0, untold = 0, exhausted = 0;
    std::array<std::uint64_t, answer_names.size()> v1{}, v2{};  // by Answer
};

class Ledger {
  public:
    // Credited, and known to be: in the store at the end, once.
    void acknowledge(const stratum::Hash256& hash, const Credit& credit);
    // Judged, but what became of it died with the process.
    void leave_unanswered(const stratum::Hash256& hash, const Credit& credit);

    void expect_block(const stratum::Bytes& header) { blocks_expected_.insert(header); }
    void hear_of_block(const stratum::Bytes& header) { blocks_seen_.insert(header); }
    // After each batch: the blocks handed over are those expected.
    void check_blocks();

    enum class Holder { fresh, resumed };
    // A channel was given this prefix. `prefix`: eight hex letters.
    void hold_prefix(const std::string& prefix, Holder holder, Instant now);
    // `taken_until`: when the pool can give it again at the latest.
    // Nothing was credited under it: it may be held again at once.
    void release_unproved_prefix(const std::string& prefix);
    void release_prefix(const std::string& prefix, Instant now, Instant taken_until);
    void forget_prefixes();
    // How many are live or resting, at most.
    [[nodiscard]] std::size_t prefixes_taken(Instant now) const;

    void compare_with(const StoreModel& store) const;

    Counts counts;

  private:
    std::map<stratum::Hash256, Credit> acknowledged_;
    std::map<stratum::Hash256, Credit> unanswered_;
    std::multiset<stratum::Bytes> blocks_expected_, blocks_seen_;  // of the batch under way
    std::set<stratum::Hash256> all_blocks_;
    std::set<std::string> live_prefixes_;
    struct Released {
        Instant at, taken_until;
    };
    std::map<std::string, Released> released_prefixes_;
};

}  // namespace sim

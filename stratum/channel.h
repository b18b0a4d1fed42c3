#pragma once
// One stream of jobs and the shares in it: the only place that decides credit. Knows no protocol: a V1
// session holds one, a V2 connection many. Pure; lives on its session's shard thread.
//
// A submission is checked in two steps so that hashing can be done for many at once:
//   examine()  finds the job and builds the header, or tells what is wrong with it;
//   judge()    takes the header's hash and gives the verdict. A block is told before and apart from credit.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "stratum/duplicates.h"
#include "stratum/extranonce.h"
#include "stratum/job.h"
#include "stratum/reject.h"
#include "stratum/share_hash.h"
#include "stratum/submission.h"
#include "stratum/vardiff.h"

namespace stratum {

struct Examined {
    // Set: refused whatever the hash is. The header may still be a block, then input.job is set.
    std::optional<RejectReason> refused;
    HeaderInput input;  // input.job null: nothing to hash
};

struct Verdict {
    std::optional<RejectReason> reject;  // empty: accepted
    bool block = false;                  // meets the network target, accepted or not
    Uint256 credited_target;             // accepted: work_of_target() of it is the credit
};

class Channel {
  public:
    using Instant = std::chrono::steady_clock::time_point;

    // V1: rest_bytes_min <= rest_bytes <= rest_bytes_default of extranonce_bytes_v1.
    // V2: no rest (a standard channel), or all but the prefix, of extranonce_bytes_v2.
    Channel(Prefix prefix, std::uint8_t rest_bytes, std::size_t extranonce_bytes = extranonce_bytes_v1);

    [[nodiscard]] Prefix prefix() const { return prefix_; }
    [[nodiscard]] std::uint8_t rest_bytes() const { return rest_bytes_; }
    // What the client is told to put before its rest: the prefix, then zeros up to the length of all but the
    // rest.
    [[nodiscard]] Bytes extranonce_head() const;
    Vardiff& vardiff() { return vardiff_; }
    [[nodiscard]] const Vardiff& vardiff() const { return vardiff_; }

    // The target of jobs issued from now on. The channel's client is told before the next job.
    void set_difficulty(Difficulty difficulty, Instant now);
    [[nodiscard]] const Uint256& target() const { return targets_.empty() ? no_target_ : targets_.back(); }

    // The job was sent: from now on it is the active one, and jobs of another tip are stale. One that was
    // active before may become so again; its shares so far stay known.
    void issue(const Job& job, Instant now);
    // Jobs of another tip are stale: for channels whose clients choose their jobs.
    void set_tip(const Hash256& previous) { tip_ = previous; }
    [[nodiscard]] std::uint64_t active_job() const { return issued_.empty() ? 0 : issued_.back().job; }
    // The variant to announce when a template comes, or comes again after a resume: the active job's if it is
    // of this template.
    [[nodiscard]] std::uint8_t variant_of(std::uint64_t template_number) const;
    // The variant that a new job of the same template needs to be different work; nullopt when all were used.
    [[nodiscard]] std::optional<std::uint8_t> next_variant(std::uint64_t template_number) const;
    // Drops what belongs to jobs the shard has forgotten.
    void forget_expired(const JobTable& jobs);

    // `version_mask`: the bits this client may roll, 0 when it may none.
    [[nodiscard]] Examined examine(const Submission& submission, std::uint32_t version_mask,
                                   const JobTable& jobs) const;
    [[nodiscard]] Verdict judge(const Examined& examined, const Hash256& hash, Instant now);

  private:
    struct Issued {
        std::uint64_t job = 0;
        std::uint32_t target = 0;  // index into targets_
        Instant replaced_at = Instant::max();
        std::unique_ptr<Duplicates> seen;
    };
    [[nodiscard]] const Issued* find(std::uint64_t job) const;
    [[nodiscard]] Uint256 target_for(const Issued& issued, Instant now) const;
    void compact_targets();

    static const Uint256 no_target_;
    Prefix prefix_;
    std::uint8_t rest_bytes_;
    std::uint8_t extranonce_bytes_;
    Hash256 tip_;  // previous-hash of the active job
    Instant target_changed_at_{};
    std::vector<Issued> issued_;  // oldest first; at most issued_jobs_max
    std::vector<Uint256> targets_;
    Vardiff vardiff_;
};

}  // namespace stratum

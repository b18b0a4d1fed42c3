#pragma once
// The 32-bit job ids of one V2 connection. Ids are consecutive from 1, because small firmware keeps jobs in a
// ring by id, and an id means one job on the whole connection, because channels and their group share jobs.
// Pure; its session's thread.

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "stratum/job.h"

namespace stratum::v2 {

class JobIds {
  public:
    // The id the client knows this job by; a new one the first time.
    std::uint32_t id_of(std::uint64_t job);
    [[nodiscard]] std::optional<std::uint64_t> job_of(std::uint32_t id) const;
    // Drops what the shard has forgotten; so there are never more than it has jobs.
    void forget_expired(const JobTable& jobs);
    // Id and job, by id.
    [[nodiscard]] const std::vector<std::pair<std::uint32_t, std::uint64_t>>& jobs() const { return jobs_; }

  private:
    std::vector<std::pair<std::uint32_t, std::uint64_t>> jobs_;  // by id
    std::uint32_t next_ = 1;
};

}  // namespace stratum::v2

#include "stratum/v2/job_ids.h"

#include <algorithm>

namespace stratum::v2 {

std::uint32_t JobIds::id_of(std::uint64_t job) {
    const auto known =
        std::find_if(jobs_.rbegin(), jobs_.rend(), [job](const auto& entry) { return entry.second == job; });
    if (known != jobs_.rend()) return known->first;
    jobs_.emplace_back(next_, job);
    return next_++;
}

std::optional<std::uint64_t> JobIds::job_of(std::uint32_t id) const {
    const auto at =
        std::lower_bound(jobs_.begin(), jobs_.end(), id,
                         [](const auto& entry, std::uint32_t wanted) { return entry.first < wanted; });
    if (at == jobs_.end() || at->first != id) return std::nullopt;
    return at->second;
}

void JobIds::forget_expired(const JobTable& jobs) {
    std::erase_if(jobs_, [&jobs](const auto& entry) { return jobs.find(entry.second) == nullptr; });
}

}  // namespace stratum::v2

#pragma once
// What the pool promises about one channel, told from the outside: it sees only the lines that went over the
// wire and says what the answer to a submission must be. Shares no code with stratum/channel.

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "stratum/bytes.h"
#include "stratum/uint256.h"

namespace sim {

using Instant = std::chrono::steady_clock::time_point;

// A submission as the client built it, with the header it stands for.
struct Sent {
    std::string job;
    bool worker_known = true;
    bool extranonce_fits = true;
    bool header_in_bounds = true;  // time and version bits
    stratum::Bytes header;
    stratum::Hash256 hash;
};

struct Prediction {
    int code = 0;  // of the error; 0: accepted
    bool block = false;
    stratum::Uint256 target;  // accepted: credited
};

class ChannelModel {
  public:
    void tell_difficulty(const stratum::Uint256& target, Instant now);
    void issue(const std::string& job, const std::string& previous, const stratum::Uint256& network_target,
               Instant now);
    // The shard forgot the jobs of templates before this number, and told this channel of a new one.
    void forget_before(std::uint64_t template_number);
    // `oldest_template`: whose jobs the shard still has.
    Prediction judge(const Sent& sent, std::uint64_t oldest_template, Instant now);

    [[nodiscard]] const stratum::Uint256& target() const { return told_.back().target; }
    [[nodiscard]] bool has_job() const { return !jobs_.empty(); }
    [[nodiscard]] std::size_t size() const { return jobs_.size(); }

  private:
    struct Told {
        stratum::Uint256 target;
        Instant at;
    };
    struct Job {
        std::string id;
        std::string previous;
        stratum::Uint256 network_target;
        std::size_t told;  // targets told before it
        std::optional<Instant> replaced_at;
        std::set<stratum::Hash256> credited;
    };
    std::vector<Told> told_;
    std::vector<Job> jobs_;  // oldest first
};

// "1f20" names template 0x1f.
std::uint64_t template_of(const std::string& job);

}  // namespace sim

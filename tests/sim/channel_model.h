#pragma once
// What the pool promises about one channel of either protocol, told from the outside: it sees only what went
// over the wire and says what the answer to a submission must be. Shares no code with stratum/channel.

#include <array>
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
    std::string job;  // as the client calls it
    bool worker_known = true;
    bool extranonce_fits = true;
    bool time_fits = true;
    bool version_fits = true;
    stratum::Bytes header;
    stratum::Hash256 hash;
};

enum class Answer : std::uint8_t {
    accepted,
    no_channel,
    bad_worker,
    unknown_job,
    stale,
    extranonce_size,
    bad_time,
    bad_version,
    low_difficulty,
    duplicate,
};
inline constexpr std::array<const char*, 10> answer_names{
    "accepted",        "no channel", "bad worker",  "unknown job",    "stale",
    "extranonce size", "bad time",   "bad version", "low difficulty", "duplicate"};

struct Prediction {
    Answer answer = Answer::accepted;
    bool block = false;
    stratum::Uint256 target;  // accepted: credited
};

// What a client was told of a job, and the template that was the newest then.
struct JobFacts {
    std::string id;
    std::uint64_t template_number = 0;
    stratum::Hash256 previous;
    stratum::Uint256 network_target;
};

class ChannelModel {
  public:
    void tell_difficulty(const stratum::Uint256& target, Instant now);
    void issue(const JobFacts& facts, Instant now);
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
        JobFacts facts;
        std::size_t told;  // targets told before it
        std::optional<Instant> replaced_at;
        std::set<stratum::Hash256> credited;
    };
    std::vector<Told> told_;
    std::vector<Job> jobs_;  // oldest first
};

}  // namespace sim

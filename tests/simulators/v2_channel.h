#pragma once
// One Stratum V2 channel as a client keeps it: its part of the extranonce, its jobs, target and tip, and the
// shares that wait for an answer. Owned by V2Client, which reads the messages. What the server may not do
// goes to Violations. Pure; the client's thread. Specification chapters 5.1 and 5.3.

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stratum/uint256.h"
#include "tests/simulators/mining_work.h"
#include "tests/simulators/v2_rules.h"

namespace simulators {

using stratum::Uint256;

enum class ChannelKind : std::uint8_t { standard, extended };

// What a client asks for in Open*MiningChannel.
struct V2Open {
    ChannelKind kind = ChannelKind::extended;
    std::string user;
    float nominal_hash_rate = 0;  // hashes per second; 0: unknown
    Uint256 max_target = Uint256::max();
    std::uint16_t min_extranonce_bytes = 4;
};

// What the server granted.
struct V2Grant {
    std::uint32_t channel_id = 0;
    std::uint32_t group_id = 0;
    Uint256 target;
    Bytes prefix;
    std::size_t rest_bytes = 0;  // 0 on standard channels
};

// A job as it came; its tip and time are told apart from it.
struct V2Job {
    std::uint32_t id = 0;
    Work work;
    bool version_rolling = true;
};

struct V2Tip {
    Hash256 previous;
    std::uint32_t min_ntime = 0;
    std::uint32_t nbits = 0;
};

// BIP 320's bits, which all clients roll.
inline constexpr std::uint32_t rolled_bits = 0x1fffe000;

class V2Channel {
  public:
    V2Channel(V2Open open, V2Grant grant, Violations& violations);

    [[nodiscard]] std::uint32_t id() const { return grant_.channel_id; }
    [[nodiscard]] std::uint32_t group_id() const { return grant_.group_id; }
    [[nodiscard]] const V2Open& open() const { return open_; }
    [[nodiscard]] const V2Grant& grant() const { return grant_; }
    [[nodiscard]] std::size_t extranonce_bytes() const { return grant_.prefix.size() + grant_.rest_bytes; }
    // Success, a future job and its SetNewPrevHash have come.
    [[nodiscard]] bool is_open() const { return stage_ == Stage::open; }

    // A null min_ntime is a future job.
    void take_job(std::shared_ptr<const V2Job> job, std::optional<std::uint32_t> min_ntime);
    void take_tip(std::uint32_t job_id, const V2Tip& tip);
    void take_target(const Uint256& target);
    // The client's new limit (UpdateChannel).
    void limit_target(const Uint256& max_target) { open_.max_target = max_target; }
    // It was moved to another group.
    void regroup(std::uint32_t group_id) { grant_.group_id = group_id; }

    // The job worked on now; null before the first tip.
    [[nodiscard]] const V2Job* job() const { return job_.get(); }
    [[nodiscard]] const V2Tip& tip() const { return tip_; }
    // The job with tip and time.
    [[nodiscard]] Work work() const;
    [[nodiscard]] WorkSeat seat() const;
    // That of the job worked on.
    [[nodiscard]] const Uint256& job_target() const { return job_target_; }
    [[nodiscard]] const std::vector<std::shared_ptr<const V2Job>>& future_jobs() const { return future_; }

    void note_submitted(std::uint32_t sequence_number) { waiting_.push_back(sequence_number); }
    // The sequence numbers that a Success of `count` shares accepts.
    std::vector<std::uint32_t> take_success(std::uint32_t last_sequence_number, std::uint32_t count);
    void take_error(std::uint32_t sequence_number, std::string_view code);
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

  private:
    enum class Stage : std::uint8_t { wants_job, wants_tip, open };

    void fault(const std::string& text);
    void check_target(const Uint256& target);
    bool is_repeated(std::uint32_t job_id);

    static constexpr std::size_t job_ids_kept = 16;  // ESP-Miner drops an id that comes back within so many
    V2Open open_;
    V2Grant grant_;
    Violations* violations_;
    Stage stage_ = Stage::wants_job;
    Uint256 target_;  // of jobs to come
    std::vector<std::shared_ptr<const V2Job>> future_;
    std::shared_ptr<const V2Job> job_;
    Uint256 job_target_;
    std::uint32_t ntime_ = 0;
    V2Tip tip_;
    std::array<std::uint32_t, job_ids_kept> job_ids_{};
    std::size_t jobs_seen_ = 0;
    std::deque<std::uint32_t> waiting_;
};

}  // namespace simulators

#pragma once
// What a Stratum V2 client keeps of its connection, in virtual time: channels, jobs, targets. As strict as
// the strictest real one, and more so; headers come from its own plain code. Beside each channel stands the
// model of what the pool promises it.

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "stratum/v2/messages_mining.h"
#include "tests/sim/channel_model.h"
#include "tests/sim/store_model.h"

namespace sim {

// A job as one channel sees it.
struct V2Work {
    std::uint32_t id = 0;
    std::optional<std::uint32_t> ntime;  // empty: a future job
    std::uint32_t version = 0;
    bool rolling = true;
    std::optional<stratum::Hash256> root;  // of a NewMiningJob; else what follows
    stratum::Bytes coinbase_head, coinbase_tail;
    std::vector<stratum::Hash256> path;
    // Once active:
    stratum::Hash256 previous;
    std::uint32_t nbits = 0;
    stratum::Uint256 target;
};
stratum::Hash256 root_of(const V2Work& work, const stratum::Bytes& extranonce);

struct V2Accepted {
    std::uint32_t sequence = 0;
    stratum::Hash256 hash;
    Credit credit;
    Instant since;
    bool block = false;
};

struct V2Channel {
    std::uint32_t id = 0;
    bool standard = false;
    bool closing = false;  // by us; shares of it may be under way
    stratum::Bytes prefix;
    std::size_t rest_size = 0;
    stratum::Uint256 target, max_target;
    std::string user, name;  // of its identity
    std::map<std::uint32_t, V2Work> future;
    std::optional<stratum::Hash256> previous;  // once there is a tip
    std::uint32_t nbits = 0;
    std::deque<V2Work> works;  // once active, the last one still is; older ones of other tips too
    bool job_owed = false;     // the target changed: a job must follow
    ChannelModel model;
    std::deque<V2Accepted> accepted;  // not yet told
    bool proved = false;              // a share was accepted
    std::uint32_t sequence = 0;

    [[nodiscard]] std::string prefix_text() const {  // of its short prefix
        return stratum::to_hex(stratum::ByteView(prefix).first(4));
    }
};

class V2Client {
  public:
    struct Opening {
        bool standard = false;
        bool refused = false;  // a wrong one
        std::string user, name;
        stratum::Uint256 max_target;
    };

    V2Client(bool standard_jobs, bool fixed_versions)
        : standard_jobs_(standard_jobs), fixed_versions_(fixed_versions) {}

    // Moments come with what the pool works on: its newest template.
    struct Moment {
        Instant now;
        std::uint64_t template_number = 0;
        std::uint64_t oldest_template = 0;  // whose jobs it still knows
    };
    // Anything that is no answer to shares. Gives back the channel that it opens.
    V2Channel* hear(const stratum::v2::FrameHeader& header, stratum::ByteView payload, const Moment& moment);

    [[nodiscard]] V2Channel* find(std::uint32_t id);  // closing ones too
    V2Channel& open_channel(std::uint32_t id, const std::string& about);
    // Every channel has its first job, and a job for its newest target.
    void check_started() const;
    // Those whose templates the pool still knew when it told of the newest.
    [[nodiscard]] std::size_t job_ids_alive() const;

    std::map<std::uint32_t, Opening> openings;  // by request id; answers are due
    std::map<std::uint32_t, V2Channel> channels;
    std::uint64_t targets_heard = 0, targets_changed = 0, update_errors = 0, custom_job_errors = 0,
                  capacity_refusals = 0;

  private:
    V2Channel& on_opened(std::uint32_t request_id, std::uint32_t id, const stratum::Uint256& target,
                         stratum::ByteView prefix, std::size_t rest_size, bool standard, Instant now);
    void on_job(std::uint32_t address, const V2Work& work, const Moment& moment);
    void on_new_prev_hash(const stratum::v2::SetNewPrevHash& message, const Moment& moment);
    void on_target(const stratum::v2::SetTarget& message, Instant now);
    void learn(std::uint32_t address, const V2Work& work, const Moment& moment);
    void activate(V2Channel& channel, V2Work work, const Moment& moment);
    void check_order(const stratum::v2::FrameHeader& header, stratum::ByteView payload);
    std::vector<V2Channel*> addressed(std::uint32_t address, const std::string& about);

    [[nodiscard]] bool variants_used_up(const V2Channel& channel) const;

    // What a job id means on this connection.
    struct Meaning {
        std::uint64_t template_number = 0;
        std::optional<V2Work> content;                    // once sent as an extended job
        std::map<std::uint32_t, stratum::Hash256> roots;  // by channel, once sent as standard jobs
    };
    const bool standard_jobs_, fixed_versions_;
    std::map<std::uint32_t, Meaning> meanings_;
    std::uint64_t newest_template_ = 0, oldest_template_ = 0;
    std::uint32_t starting_ = 0;      // the channel whose first job must come next
    std::uint32_t starting_job_ = 0;  // then the tip that makes it active
};

}  // namespace sim

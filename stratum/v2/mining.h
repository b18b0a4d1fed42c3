#pragma once
// The mining protocol of a V2 connection: channels, their jobs and targets, shares. Part of a Session
// (session.h), on its thread. Specification chapter 5; what real clients insist on beyond it is told where it
// is done.
//
// There is one group, id 1; channels count from 2. On a connection that requires standard jobs nothing is
// addressed to the group. A connection that requires work selection is sent no jobs at all.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "stratum/session.h"
#include "stratum/session_host.h"
#include "stratum/v2/declared_job.h"
#include "stratum/v2/frame_writer.h"
#include "stratum/v2/job_ids.h"
#include "stratum/v2/messages_mining.h"
#include "stratum/v2/mining_channel.h"
#include "stratum/v2/settings.h"

namespace stratum::v2 {

inline constexpr std::uint32_t group_channel_id = 1;

// What a connection's life could let grow. For tests of its bounds.
struct Kept {
    std::size_t channels = 0;
    std::size_t jobs = 0;  // ids the client may still name
    std::size_t due = 0;   // answers waiting for their flush
};

class Mining {
  public:
    using Instant = std::chrono::steady_clock::time_point;

    // All outlive the object. `flags`: of the client's SetupConnection.
    Mining(const MiningSettings& settings, SessionHost& host, FrameWriter& writer, stratum::Session& session,
           std::uint32_t flags);

    void on_frame(const FrameHeader& header, ByteView payload, Instant now, ShareBatch& batch);
    void settle(const PendingShare& share, const Verdict& verdict, Instant now);
    void on_job(Instant now);
    void on_timer(Instant now);
    [[nodiscard]] std::optional<Instant> flush_at() const;
    void flush(Instant now);
    void use_worker_identity() { worker_identity_ = true; }

    [[nodiscard]] Channel* channel_of(const PendingShare& share);
    [[nodiscard]] std::size_t channels() const { return channels_.size(); }
    [[nodiscard]] Kept kept() const { return {channels_.size(), ids_.jobs().size(), due_.size()}; }
    [[nodiscard]] bool opened_any() const { return next_channel_ != group_channel_id + 1; }
    std::vector<EndedChannel> take_channels();
    [[nodiscard]] std::vector<std::uint32_t> worker_numbers() const;

  private:
    struct Opening {
        bool standard = false;
        std::uint32_t request_id = 0;
        std::string_view identity;
        float nominal_hash_rate = 0;
        Uint256 max_target;
        std::uint16_t min_extranonce_bytes = 0;
    };
    enum class Parsed : std::uint8_t { yes, bad_rate, no };  // no: the session is closed
    template <Message M>
    Parsed read(ByteView payload, M& out);

    // mining.cpp
    void on_open_standard(ByteView payload, Instant now);
    void on_open_extended(ByteView payload, Instant now);
    void open(const Opening& opening, Instant now);
    [[nodiscard]] std::string_view reason_to_refuse(const Opening& opening) const;
    void tell_opened(const Opening& opening, const MiningChannel& channel);
    void refuse(std::uint32_t request_id, std::string_view code);
    void on_update(ByteView payload, Instant now);
    void on_close(ByteView payload, Instant now);
    void close_channel(MiningChannel& channel, Instant now);
    void end_channel(std::uint32_t id, Instant now);
    using Channels = std::vector<std::unique_ptr<MiningChannel>>;  // by id
    [[nodiscard]] Channels::iterator place_of(std::uint32_t id);   // where it is, or would be
    [[nodiscard]] MiningChannel* find(std::uint32_t id);           // closed ones too
    void misbehaved(int weight);

    // mining_jobs.cpp
    void start_channel(MiningChannel& channel, Instant now);
    void announce_to_group(const Template& work, bool new_tip, Instant now);
    void announce_to_each(const Template& work, bool new_tip, Instant now);
    void send_job(const MiningChannel& channel, const Job& job, bool future);
    void send_extended_job(std::uint32_t address, const Job& job, bool future);
    void send_new_prev_hash(std::uint32_t address, const Job& job);
    void bound_difficulty(MiningChannel& channel) const;
    [[nodiscard]] Difficulty difficulty_of(float hash_rate) const;
    void change_difficulty(MiningChannel& channel, Difficulty difficulty, Instant now);
    void tell_target(MiningChannel& channel, Difficulty difficulty, Instant now);

    // mining_custom_jobs.cpp
    void on_custom_job(ByteView payload, Instant now);
    [[nodiscard]] std::string_view reason_to_refuse(const SetCustomMiningJob& message,
                                                    const DeclaredJob* declared) const;
    [[nodiscard]] JobPtr same_job(const Job& job) const;
    [[nodiscard]] bool takes_custom_jobs(const MiningChannel& channel, std::uint32_t address) const;

    // mining_shares.cpp
    void on_submit_standard(ByteView payload, ShareBatch& batch);
    void on_submit_extended(ByteView payload, ShareBatch& batch);
    struct Submitted;
    void submit(const Submitted& submitted, ShareBatch& batch);
    [[nodiscard]] std::optional<std::uint32_t> worker_of(MiningChannel& channel, ByteView extension_area);
    void send_success(MiningChannel& channel);

    const MiningSettings& settings_;
    SessionHost& host_;
    FrameWriter& writer_;
    stratum::Session& session_;
    const bool standard_jobs_;
    const bool work_selection_;
    bool worker_identity_ = false;
    Channels channels_;
    std::uint32_t next_channel_ = group_channel_id + 1;
    std::size_t told_workers_ = 0;  // in all channels
    JobIds ids_;
    std::uint64_t announced_ = 0;  // number of the template that all started channels work on
    Hash256 announced_tip_;
    // Channels with accepted shares to tell, the longest waiting first; some were told since.
    std::vector<std::pair<Instant, std::uint32_t>> due_;
    int score_ = 0;  // misbehaviour; falls with accepted shares
};

}  // namespace stratum::v2

#pragma once
// A session (stratum/session.h) that speaks Stratum V1: JSON lines. Pure; lives on its shard's thread.
//
// Answers keep the order of requests: receive() stops in front of a request that needs an answer while
// submissions of this session still wait in the batch. The caller settles the batch and calls again with what
// was not consumed.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stratum/channel.h"
#include "stratum/session.h"
#include "stratum/session_host.h"
#include "stratum/v1/codec.h"
#include "stratum/v1/login.h"
#include "stratum/v1/quirks.h"

namespace stratum::v1 {

struct SessionSettings {
    Difficulty difficulty_start;
    Difficulty difficulty_min;
    VardiffSettings vardiff;
    std::uint8_t rest_bytes = 8;
    std::uint32_t version_mask = 0x1fffe000;  // what clients may be granted
    // On real chains no share need be harder than a block; on regtest that would make every second hash a
    // share.
    bool difficulty_capped_by_network = true;
    std::chrono::seconds login_timeout{15};
    std::chrono::seconds idle_timeout{600};
    std::chrono::hours long_idle_timeout{7 * 24};
};

class Session final : public stratum::Session {
  public:
    Session(const SessionSettings& settings, SessionHost& host, Instant now);

    std::size_t receive(std::string_view bytes, Instant now, ShareBatch& batch) override;
    void settle(const PendingShare& share, const Verdict& verdict, Instant now) override;
    void on_job(Instant now) override;
    void on_timer(Instant now) override;

    [[nodiscard]] Channel* channel_of(const PendingShare&) override { return channel(); }
    [[nodiscard]] bool mining() const override { return channel_ && !workers_.empty(); }
    [[nodiscard]] bool begun() const override { return channel_.has_value(); }
    std::vector<EndedChannel> take_channels() override;
    [[nodiscard]] bool resumable() const override { return true; }
    // The first worker logged in is the first one here.
    [[nodiscard]] std::vector<std::uint32_t> worker_numbers() const override;
    [[nodiscard]] Channel* channel() { return channel_ ? &*channel_ : nullptr; }
    [[nodiscard]] const Quirks& quirks() const { return *quirks_; }

  private:
    enum class Line : std::uint8_t { done, settle_first };
    std::size_t consume(std::string_view bytes, Instant now, ShareBatch& batch);
    Line on_line(std::string_view line, Instant now, ShareBatch& batch);
    void on_submit(std::string_view id, const Submit& submit, ShareBatch& batch);
    void on_bad_line(LineError error);
    void answer(const Request& request, Instant now);
    void on_subscribe(std::string_view id, const Subscribe& subscribe, Instant now);
    void on_authorize(std::string_view id, const Authorize& authorize);
    void on_configure(std::string_view id, const Configure& configure, Instant now);
    void on_suggestion(std::string_view id, const SuggestDifficulty& suggestion, Instant now);
    void start_mining(Instant now);
    void bound_difficulty();
    void change_difficulty(Difficulty difficulty, Instant now);
    void tell_difficulty(Difficulty difficulty, Instant now);
    void announce(bool clean, std::uint8_t variant, Instant now);
    void grant_mask(const Job& job);
    void misbehaved(int weight);

    struct Worker {
        std::string name;  // as the client writes it
        std::uint32_t number = 0;
    };

    const SessionSettings& settings_;
    SessionHost& host_;
    const Quirks* quirks_;
    std::string input_;  // an unfinished line
    std::optional<Channel> channel_;
    std::vector<Worker> workers_;
    std::optional<Difficulty> asked_least_;  // minimum-difficulty or md=
    std::optional<Difficulty> asked_start_;  // mining.suggest_difficulty
    std::optional<Difficulty> asked_fixed_;  // d=
    std::optional<Difficulty> remembered_;
    Difficulty told_;  // by the last mining.set_difficulty
    std::uint32_t asked_mask_ = 0;
    std::uint32_t granted_mask_ = 0;
    Instant opened_at_;
    Instant heard_at_;
    int score_ = 0;           // misbehaviour; falls with accepted shares
    int unsettled_ = 0;       // submissions of ours in the batch
    bool start_due_ = false;  // logged in; the first job leaves when this piece of input is consumed
};

}  // namespace stratum::v1

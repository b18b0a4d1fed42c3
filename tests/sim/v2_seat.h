#pragma once
// A Stratum V2 miner's or proxy's place at the pool: one connection past its handshake, with one channel or
// many.

#include <deque>
#include <memory>
#include <string>

#include "stratum/v2/session.h"
#include "tests/sim/pool.h"
#include "tests/sim/require.h"
#include "tests/sim/seat.h"
#include "tests/sim/v2_client.h"
#include "tests/sim/v2_shares.h"

namespace sim {

inline constexpr std::size_t channels_per_seat_max = 5;

class V2Seat final : public Seat {
  public:
    // One extended channel, as firmware has; standard channels where no group is wanted; a group of both
    // kinds; one extended channel for many workers, each named by its shares.
    enum class Kind { single, standard_jobs, group, proxy };

    V2Seat(Pool& pool, const stratum::v2::SessionSettings& settings, std::string user, Kind kind,
           Habit habit);

    stratum::Session& session() override { return *session_; }
    void connect(bool resume) override;
    void disconnect() override;
    void crash() override;
    void mine() override;
    void act() override;
    void announce() override;
    void on_timer() override;
    void on_step() override;
    void before_settling() override;
    void after_settling() override;
    void listen() override;
    void check() override;

  private:
    struct ExpectedError {
        std::uint32_t channel = 0, sequence = 0;
        Answer answer = Answer::no_channel;
        bool answered = false;
    };
    template <stratum::v2::Message M>
    void say(const M& message) {
        std::string payload, wire;
        append(message, payload);
        transport_->write(stratum::v2::header_of<M>(payload.size()), stratum::view_of(payload), wire);
        pool_.feed(*session_, wire);
    }
    [[nodiscard]] bool open() const { return session_->closing() == stratum::CloseReason::none; }
    [[nodiscard]] Answer settle_prediction(V2Share& share);
    void submit(V2Share share);
    void open_channel();
    void open_wrongly();
    void close(V2Channel& channel);
    void close_group();
    void update(V2Channel& channel);
    void storm(V2Channel& channel);
    void speak_nonsense();
    void end_closed_channels();
    void end_channel(const V2Channel& channel);
    void on_frame(const stratum::v2::FrameHeader& header, stratum::ByteView payload);
    void on_success(const stratum::v2::SubmitSharesSuccess& message);
    void on_error(const stratum::v2::SubmitSharesError& message);
    [[nodiscard]] V2Channel* any_channel();
    [[nodiscard]] std::size_t open_channels() const;
    [[nodiscard]] V2Client::Moment moment() const {
        return {pool_.now, pool_.template_number(), pool_.oldest_template()};
    }

    Pool& pool_;
    const stratum::v2::SessionSettings& settings_;
    const std::string user_;
    const Kind kind_;
    V2Shares shares_;
    std::unique_ptr<stratum::v2::Session> session_;
    std::unique_ptr<stratum::v2::Transport> transport_;
    std::unique_ptr<V2Client> client_;
    std::vector<V2Share> pending_;  // in the batch
    std::deque<ExpectedError> errors_;
    std::deque<Instant> accepted_at_;  // within the last flush delay
    bool set_up_ = false, names_workers_ = false;
    std::uint32_t next_request_ = 0;
};

}  // namespace sim

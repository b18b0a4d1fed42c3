#pragma once
// A Stratum V1 miner's place at the pool.

#include <deque>
#include <map>
#include <string>

#include "stratum/v1/session.h"
#include "tests/sim/miner.h"
#include "tests/sim/pool.h"
#include "tests/sim/seat.h"

namespace sim {

// Channels of closed connections, by extranonce: a client may come back to one.
struct ParkedModel {
    ChannelModel model;
    Instant since;
};
using ParkedModels = std::map<std::string, ParkedModel>;

class V1Seat final : public Seat {
  public:
    // All outlive the seat.
    V1Seat(Pool& pool, ParkedModels& parked, const stratum::v1::SessionSettings& settings, std::string user,
           Miner::Habit habit)
        : pool_(pool), parked_(parked), settings_(settings), miner_(pool, std::move(user), habit) {}

    stratum::Session& session() override { return *session_; }
    void connect(bool resume) override;
    void disconnect() override;
    void crash() override;
    void mine() override;
    void act() override;
    void announce() override;
    void on_timer() override;
    void on_step() override {}
    void before_settling() override {}
    void after_settling() override;
    void listen() override;
    void check() override;

  private:
    struct Expected {
        std::string id;
        Prediction prediction;
        stratum::Hash256 hash;
        std::string worker;
        bool settled = false;
    };
    void submit(Share share);
    void on_answer(const std::string& text);
    void on_subscribed();

    Pool& pool_;
    ParkedModels& parked_;
    const stratum::v1::SessionSettings& settings_;
    Miner miner_;
    std::unique_ptr<stratum::v1::Session> session_;
    ChannelModel model_;
    std::string extranonce_;  // of the model
    std::deque<Expected> expected_;
    std::uint64_t next_id_ = 0;
};

}  // namespace sim

#pragma once
// One shard of the pool in virtual time: the pool's own desk, settler and journal, simulated miners around
// them, a model of each channel beside them. Every promise is checked at every step; a broken one throws
// Broken.

#include <filesystem>
#include <map>
#include <memory>

#include "server/metrics.h"
#include "server/pool/session_desk.h"
#include "server/pool/share_settler.h"
#include "stratum/v1/session.h"
#include "tests/sim/channel_model.h"
#include "tests/sim/miner.h"
#include "tests/sim/store_model.h"

namespace sim {

struct Counts {
    std::uint64_t submissions = 0, accepted = 0, refused = 0, blocks = 0, templates = 0, tips = 0,
                  reconnects = 0, resumes = 0, crashes = 0, unanswered = 0;
    std::array<std::uint64_t, 6> by_code{};  // 20 to 25
};

class World {
  public:
    World(std::uint64_t seed, std::filesystem::path folder);
    ~World();

    void step();
    // Imports the rest and compares all that was acknowledged with what is stored.
    void finish();
    [[nodiscard]] const Counts& counts() const { return counts_; }
    [[nodiscard]] const StoreModel& store() const { return store_; }
    [[nodiscard]] stratum::Uint256 work() const;  // of all shares stored

  private:
    struct Engine;  // what a crash takes away
    struct Expected {
        std::string id;
        Prediction prediction;
        stratum::Hash256 hash;
        bool settled = false;
    };
    struct Seat {
        Seat(Random& random, std::string user, Miner::Habit habit) : miner(random, std::move(user), habit) {}
        Miner miner;
        std::unique_ptr<stratum::v1::Session> session;
        ChannelModel model;
        std::string extranonce;  // of the model
        std::deque<Expected> expected;
        bool job_due = false;
    };
    struct ParkedModel {
        ChannelModel model;
        Instant since;
    };

    void start_engine();
    void crash();
    void connect(Seat& seat, bool resume);
    void disconnect(Seat& seat);
    void feed(Seat& seat, std::string_view bytes);
    void mine();
    void submit(Seat& seat, Share share);
    void settle();
    void on_template(bool new_tip);
    void announce(Seat& seat);
    void drain(Seat& seat);
    void on_answer(Seat& seat, const std::string& line);
    void on_subscribed(Seat& seat);
    void on_timers();
    void storm(Seat& seat);
    void check_bounds();
    Seat& any_seat() { return *seats_[random_() % seats_.size()]; }
    [[nodiscard]] std::int64_t wall_clock_us() const;

    Random random_;
    const std::filesystem::path folder_;
    Instant now_{std::chrono::hours(1)};
    stratum::v1::SessionSettings settings_;
    std::unique_ptr<Engine> engine_;
    StoreModel store_;
    std::vector<std::unique_ptr<Seat>> seats_;
    std::map<std::string, ParkedModel> parked_;
    std::uint64_t template_number_ = 1;
    std::uint8_t tip_ = 0;
    std::uint64_t contents_ = 0;  // of the template; the same again when nothing is new
    std::deque<std::pair<std::uint64_t, Instant>> replaced_;
    std::map<stratum::Hash256, stratum::Uint256> acknowledged_;
    std::map<stratum::Hash256, stratum::Uint256> unanswered_;  // judged, but the answer died with the process
    std::vector<stratum::Bytes> blocks_expected_;
    std::vector<stratum::Bytes> blocks_seen_;
    std::set<stratum::Hash256> all_blocks_;
    std::uint64_t next_id_ = 0;
    Counts counts_;
};

}  // namespace sim

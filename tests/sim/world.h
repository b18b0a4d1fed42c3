#pragma once
// A pool in virtual time with miners of both protocols around it and a database behind it. Every promise is
// checked at every step; a broken one throws Broken.

#include <filesystem>
#include <memory>
#include <vector>

#include "stratum/v1/session.h"
#include "stratum/v2/settings.h"
#include "tests/sim/pool.h"
#include "tests/sim/seat.h"
#include "tests/sim/store_model.h"
#include "tests/sim/v1_seat.h"

namespace sim {

class World {
  public:
    World(std::uint64_t seed, std::filesystem::path folder);
    ~World();

    void step();
    // Imports the rest and compares all that was acknowledged with what is stored.
    void finish();
    [[nodiscard]] const Counts& counts() const { return pool_.ledger.counts; }
    [[nodiscard]] const StoreModel& store() const { return store_; }
    [[nodiscard]] stratum::Uint256 work() const;  // of all shares stored

  private:
    void choose_settings();
    void start();
    void crash();
    void mine();
    void on_template(bool new_tip);
    void reconnect(Seat& seat);
    void play();
    Seat& any_seat() { return *seats_[random_() % seats_.size()]; }

    Random random_;
    stratum::v1::SessionSettings v1_settings_;
    stratum::v2::SessionSettings v2_settings_;
    Pool pool_;
    StoreModel store_;
    ParkedModels parked_;
    std::vector<std::unique_ptr<Seat>> seats_;
};

}  // namespace sim

#pragma once
// A small pool (tests/unit/stratum/pool_world.h) whose clients speak V1.

#include <memory>

#include "stratum/v1/session.h"
#include "tests/unit/stratum/pool_world.h"

namespace stratum::v1::testing {

using stratum::testing::make_template;
using stratum::testing::new_template;
using stratum::testing::test_address;

class PoolWorld : public stratum::testing::PoolWorld {
  public:
    explicit PoolWorld(std::uint32_t first_prefix = 0) : stratum::testing::PoolWorld(first_prefix) {
        settings.difficulty_start = *Difficulty::fraction(32);
        settings.difficulty_min = *Difficulty::fraction(32);
        settings.vardiff.enabled = false;
        settings.difficulty_capped_by_network = false;
    }
    std::unique_ptr<Session> connect() { return std::make_unique<Session>(settings, *this, now); }

    SessionSettings settings;
};

}  // namespace stratum::v1::testing

#pragma once
// The hostile client's cases. Each proves one answer of the pool, or its hanging up, within its deadline;
// main.cpp then asks for the service of an honest miner.

#include <vector>

#include "tests/integration/v2_hostile/attacker.h"

namespace hostile {

struct Case {
    const char* name;
    void (*run)(const Arena&);
    // Long ones wait for the pool's time limits.
    bool waits = false;
    // Wants a chain where a share can be a block; all others want one where none is.
    bool finds_blocks = false;
};

std::vector<Case> handshake_cases();
std::vector<Case> setup_cases();
std::vector<Case> channel_cases();
std::vector<Case> share_cases();
std::vector<Case> flood_cases();

}  // namespace hostile

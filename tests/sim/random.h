#pragma once
// The one source of chance in a simulated run.

#include <cstdint>
#include <random>

namespace sim {

using Random = std::mt19937_64;
inline bool one_in(Random& random, std::uint64_t n) { return random() % n == 0; }

}  // namespace sim

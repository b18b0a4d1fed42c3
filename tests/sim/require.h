#pragma once
// A broken promise ends the simulation: what was promised, and where. Main adds seed and step.

#include <stdexcept>
#include <string>

namespace sim {

struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

inline void require(bool condition, const std::string& promise) {
    if (!condition) throw Broken(promise);
}

}  // namespace sim

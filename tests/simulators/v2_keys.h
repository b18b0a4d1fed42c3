#pragma once
// Where V2 clients have keys from: the pool's URL and the system's randomness. Any thread.

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "stratum/v2/keys.h"

namespace simulators {

// The authority key at the end of stratum2+tcp://HOST:PORT/KEY; nullopt when there is none. Throws with words
// for the user when it is wrong.
std::optional<stratum::v2::XOnlyKey> authority_of(const std::string& url);
// Throws when the system has none.
void system_random(std::span<std::uint8_t> out);

}  // namespace simulators

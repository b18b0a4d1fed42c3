#pragma once
// Random bytes of the system, fit for secrets. Any thread.

#include <cstdint>
#include <span>

namespace server {

// Throws std::system_error when the system gives none.
void fill_random(std::span<std::uint8_t> out);

}  // namespace server

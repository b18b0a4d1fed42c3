#pragma once
// What a V1 client says before any state is made for it: mining.configure, then mining.subscribe, which may
// name a session to resume. Read by a shard to find the shard that session belongs to. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string_view>

namespace server::pool {

inline constexpr std::size_t opening_bytes_max = 2048;  // a configure and a subscribe need some 300

struct Opening {
    bool over = false;                  // nothing that comes can change the answer
    std::optional<std::uint8_t> shard;  // of the session to be resumed, by the first byte of its prefix
};

// All bytes since the connection began.
[[nodiscard]] Opening read_opening(std::string_view bytes);

}  // namespace server::pool

#pragma once
// "user.worker": who a miner says it is, in V1's mining.authorize and V2's user identity. Pure.

#include <algorithm>
#include <string_view>

namespace stratum {

struct WorkerName {
    std::string_view user;    // before the first '.' or '_'
    std::string_view worker;  // after it; may be empty
};

inline WorkerName split_worker_name(std::string_view text) {
    const auto at = text.find_first_of("._");
    if (at == std::string_view::npos) return {text, {}};
    return {text.substr(0, at), text.substr(at + 1)};
}

// No control characters: such a name must not reach a log, a page or a table.
inline bool printable(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char letter) {
        return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f;
    });
}

}  // namespace stratum

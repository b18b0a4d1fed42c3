#pragma once
// Stratum V1 work as a client sees it: a job from mining.notify, and the line that submits a share of it.
// Used by the CPU miner and the load generator, never by the server. An object belongs to one thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/simulators/mining_work.h"

namespace simulators {

struct V1Job : Work {
    std::string id;
    bool clean = false;
};

// Reads a whole mining.notify line; nullopt when it is not one or a field has the wrong form.
[[nodiscard]] std::optional<V1Job> parse_notify(std::string_view line);

// Its second parameter. Each four-byte word of the displayed order is sent byte-swapped: swapping the words
// gives internal order.
[[nodiscard]] std::optional<Hash256> parse_previous(std::string_view text);

struct V1Submission {
    std::uint64_t id = 0;
    std::string_view worker;
    std::string_view job;
    std::uint32_t version_mask = 0;  // 0: version rolling was not granted, no sixth parameter
};
// {"id":…,"method":"mining.submit",…} with LF.
std::string submit_line(const V1Submission& submission, const FoundShare& share);

}  // namespace simulators

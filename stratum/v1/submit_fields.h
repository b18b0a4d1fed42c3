#pragma once
// The texts of a mining.submit and their decoding. Shared by the scanner and the JSON path of the codec.

#include <array>
#include <string_view>

#include "stratum/v1/messages.h"

namespace stratum::v1 {

struct SubmitFields {
    std::array<std::string_view, 6> text{};  // worker, job, rest, ntime, nonce, version bits
    std::size_t count = 0;
};

Submit decode_submit(const SubmitFields& fields);

}  // namespace stratum::v1

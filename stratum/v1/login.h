#pragma once
// The two texts of mining.authorize: "user.worker" and the password's options. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "stratum/target.h"

namespace stratum::v1 {

struct WorkerName {
    std::string_view user;    // before the first '.' or '_'
    std::string_view worker;  // after it; may be empty
};
WorkerName split_worker_name(std::string_view text);

// Options between commas, semicolons or spaces: d=N, fd=N or diff=N fix the difficulty; md=N is its least
// value. Everything else is ignored, so any password is valid.
struct PasswordOptions {
    std::optional<Difficulty> fixed;
    std::optional<Difficulty> least;
};
PasswordOptions parse_password(std::string_view text);

}  // namespace stratum::v1

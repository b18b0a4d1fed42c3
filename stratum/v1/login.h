#pragma once
// The options in the password of mining.authorize. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "stratum/target.h"

namespace stratum::v1 {

// Options between commas, semicolons or spaces: d=N, fd=N or diff=N fix the difficulty; md=N is its least
// value. Everything else is ignored, so any password is valid.
struct PasswordOptions {
    std::optional<Difficulty> fixed;
    std::optional<Difficulty> least;
};
PasswordOptions parse_password(std::string_view text);

}  // namespace stratum::v1

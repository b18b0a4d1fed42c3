#pragma once
// 32 random bytes of this pool node, made once and kept in a file only its owner can read. Called at start,
// on main's thread.

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>

#include <boost/system/result.hpp>

namespace server::pool {

// The error is a sentence that names the file and the remedy.
[[nodiscard]] boost::system::result<std::array<std::uint8_t, 32>, std::string> node_secret(
    const std::filesystem::path& file);

}  // namespace server::pool

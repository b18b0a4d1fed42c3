#pragma once
// `hashyard check`: says of each thing the server needs whether it is well, with a remedy where not. Changes
// nothing but that it makes the data folder and, without a configured database, starts and stops the own one.
// Main thread.

#include <filesystem>
#include <ostream>
#include <vector>

#include "server/config.h"

namespace server::commands {

// Prints a line for each thing: "ok" or "FAILS", what, and the remedy. Returns 0 when all is well, else 1.
int run_check(const ParsedConfig& parsed, const std::filesystem::path& config_file, std::ostream& out);

}  // namespace server::commands

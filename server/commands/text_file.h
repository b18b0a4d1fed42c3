#pragma once
// Reads a file that a person names on the command line. Main thread.

#include <optional>
#include <string>

#include "server/commands/command_line.h"

namespace server::commands {

// nullopt: it was said why on the error output.
std::optional<std::string> text_of_file(const Visit& visit, const std::string& file, std::size_t bytes_max);

}  // namespace server::commands

#pragma once
// `hashyard migrate` and `hashyard user …`: short visits to the database, also beside a running server. Main
// thread.

#include <ostream>

#include "server/commands/command_line.h"
#include "server/config.h"

namespace server::commands {

// Both return the exit code and tell mistakes on `error_out` with their remedy.
int run_migrate(const Config& config, std::ostream& out, std::ostream& error_out);
int run_user(const Config& config, const UserCommand& command, std::ostream& out, std::ostream& error_out);

// 3 to 32 of a-z, 0-9, '-' and '_', beginning with a letter; and no payout address of the network.
[[nodiscard]] bool is_user_name(std::string_view text, stratum::Network network);

}  // namespace server::commands

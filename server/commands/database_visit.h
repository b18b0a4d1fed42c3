#pragma once
// What commands that visit the database share: open it, bring the schema up to date, say what went wrong.
// Main thread.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "server/commands/command_line.h"
#include "server/store/database.h"

namespace server::commands {

// Both write one line and give exit code 1.
int failed(const Visit& visit, const std::string& text);
int unavailable(const Visit& visit, const store::Unavailable& problem);

// Opens the configured database (or Hashyard's own), migrates it and calls `work`; gives its exit code.
int visit_database(const Visit& visit, const std::function<int(store::Database&)>& work);

// How many decimal places the ledger keeps of an asset; nullopt after writing that it has none of this code.
std::optional<unsigned> scale_of(const Visit& visit, store::Database& database, const std::string& asset);

// A day as 2026-11-25 (its 00:00 counts) or an instant as 2026-11-25T05:00Z, UTC; nullopt: neither.
[[nodiscard]] std::optional<std::int64_t> parse_when(const std::string& text);

// Microseconds since 1970, by the wall clock.
[[nodiscard]] std::int64_t wall_us();
// "2026-11-25T05:00:00Z"
[[nodiscard]] std::string iso_time(std::int64_t at_us);

}  // namespace server::commands

#pragma once
// `hashyard serve`: every room made, wired and ended in order. Called by main() on its thread, which then
// waits for a signal. Threads started here: control, shard-k, journal-sync, importer, keeper, web and its
// database threads.

#include "server/config.h"

namespace server {

struct ServeRoles {
    bool pool = true;   // Stratum ports, nodes, journals, import
    bool fleet = true;  // nothing runs under it yet
    bool web = true;    // HTTP: status page, API, metrics
};

// Returns the process's exit code: 0 after a clean stop, 1 when it could not start (the reason is on standard
// error).
int serve(const Config& config, const ServeRoles& roles);

}  // namespace server

#pragma once
// What a miner's configuration is given as URL for a port of the pool. Pure; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "server/http/live.h"

namespace server::http {

// One for each protocol of the port, V1 first; `host` as it stands in a URL.
std::vector<std::string> connect_urls(const LiveListener& listener, std::string_view host);

}  // namespace server::http

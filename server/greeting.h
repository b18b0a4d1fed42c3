#pragma once
// What a started server tells whoever started it: what runs where, and how to point a miner at it.

#include <cstdint>
#include <iosfwd>
#include <vector>

#include "server/config.h"
#include "server/http/live.h"

namespace server {

struct Whereabouts {
    const Config& config;
    std::vector<http::LiveListener> listeners;  // none: no pool here
    std::uint16_t web_port = 0;                 // 0: no web here
    std::uint16_t declaration_port = 0;         // 0: no job declaration
};

void print(std::ostream& out, const Whereabouts& where);

}  // namespace server

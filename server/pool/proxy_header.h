#pragma once
// The PROXY protocol header, versions 1 and 2, that a load balancer puts before the client's first byte
// (HAProxy's proxy-protocol.txt). Pure; every byte is untrusted, but only trusted sources are listened to.

#include <cstddef>
#include <string>
#include <string_view>

namespace server::pool {

enum class ProxyHeaderState { incomplete, found, none, invalid };

struct ProxyHeader {
    ProxyHeaderState state = ProxyHeaderState::none;
    std::size_t bytes = 0;       // consumed when found
    std::string client_address;  // IPv4 or IPv6 text; empty for LOCAL and UNKNOWN (health checks)
};

// `start`: all bytes received so far. `none`: they cannot be a header. At most 536 bytes are ever
// `incomplete`.
ProxyHeader read_proxy_header(std::string_view start);

}  // namespace server::pool

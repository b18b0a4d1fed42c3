#include "server/http/connect_urls.h"

#include <fmt/format.h>

namespace server::http {

std::vector<std::string> connect_urls(const LiveListener& listener, std::string_view host) {
    std::vector<std::string> out;
    const auto add = [&](std::string_view scheme, std::string_view path) {
        out.push_back(fmt::format("{}://{}:{}{}", scheme, host, listener.port, path));
    };
    const bool any = listener.protocol == "stratum_auto";
    if (any || listener.protocol == "stratum_v1") add("stratum+tcp", "");
    if (listener.protocol == "stratum_v1_tls") add("stratum+ssl", "");
    if (any || listener.protocol == "stratum_v2") add("stratum2+tcp", "/" + listener.authority);
    return out;
}

}  // namespace server::http

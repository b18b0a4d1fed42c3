// Whatever stands in a request line: a target that is taken climbs nowhere, hides nothing, and matches at
// most one route.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/http/api.h"
#include "server/http/request.h"

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

void require_plain(std::string_view text) {
    for (const char c : text) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static_cast<void>(server::http::parse_verb(text));
    const auto target = server::http::parse_target(text);
    if (!target) return 0;
    require(target->segments.size() <= server::http::target_segments_max);
    require(target->query.size() <= server::http::target_query_max);
    for (const std::string& segment : target->segments) {
        require(!segment.empty() && segment != "." && segment != "..");
        require_plain(segment);
    }
    for (const auto& [name, value] : target->query) {
        require_plain(name);
        require_plain(value);
    }
    const server::http::Match match = server::http::match_route(server::http::Verb::get, target->segments);
    require(match.route == nullptr || match.parameters.size() <= target->segments.size());
    return 0;
}

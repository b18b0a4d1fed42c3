#include "server/pool/opening.h"

#include <algorithm>

#include "stratum/bytes.h"
#include "stratum/v1/codec.h"

namespace server::pool {
namespace {

// Session ids are 24 hex letters (SessionDesk). Most clients send none, and then nothing has to be parsed.
bool may_hold_session_id(std::string_view bytes) {
    std::size_t run = 0;
    return std::any_of(bytes.begin(), bytes.end(), [&run](char letter) {
        const bool hex = (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
        run = hex ? run + 1 : 0;
        return run == 24;
    });
}

std::optional<std::uint8_t> shard_of(std::string_view session_id) {
    if (session_id.size() != 24) return std::nullopt;
    const auto prefix = stratum::parse_hex_u32(session_id.substr(0, 8));
    if (!prefix) return std::nullopt;
    return static_cast<std::uint8_t>(*prefix >> 24);
}

}  // namespace

Opening read_opening(std::string_view bytes) {
    if (bytes.size() > opening_bytes_max) return {true, {}};
    const auto subscribe = bytes.find("mining.subscribe");
    if (subscribe == std::string_view::npos) {
        const bool configures = bytes.find("mining.configure") != std::string_view::npos;
        return {!configures && bytes.find('\n') != std::string_view::npos, {}};
    }
    if (bytes.find('\n', subscribe) == std::string_view::npos) return {};
    if (!may_hold_session_id(bytes)) return {true, {}};
    while (true) {
        const auto end = bytes.find('\n');
        if (end == std::string_view::npos) return {true, {}};
        const auto line = stratum::v1::parse_line(bytes.substr(0, end));
        if (line.error) return {true, {}};
        if (const auto* found = std::get_if<stratum::v1::Subscribe>(&line.request.body))
            return {true, shard_of(found->session_id)};
        if (!std::holds_alternative<stratum::v1::Configure>(line.request.body)) return {true, {}};
        bytes.remove_prefix(end + 1);
    }
}

}  // namespace server::pool

// Whatever a configuration file or an override holds: problems or a configuration that is whole.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/config.h"

namespace {

std::optional<std::string> no_secrets(server::SecretKind, const std::string&) { return std::nullopt; }

void require(bool condition) {
    if (!condition) std::abort();
}

void check(const server::ParsedConfig& parsed) {
    for (const auto& problem : parsed.problems) require(!explain(problem).empty());
    require(parsed.problems.size() <= 100);
    if (!parsed.problems.empty()) return;
    require(!parsed.config.pool.listeners.empty());
    require(!parsed.config.pool.payout_script.empty());
    require(parsed.config.development_chain == parsed.config.node.nodes.empty());
    for (const auto& listener : parsed.config.pool.listeners)
        require(listener.difficulty_min <= listener.difficulty_start);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check(server::parse_config(text, "fuzz", {}, no_secrets));
    // The first line as an override: KEY=VALUE.
    const auto line = text.substr(0, text.find('\n'));
    const auto equals = line.find('=');
    if (equals != std::string_view::npos)
        check(server::parse_config(
            "", "fuzz", {{std::string(line.substr(0, equals)), std::string(line.substr(equals + 1))}},
            no_secrets));
    return 0;
}

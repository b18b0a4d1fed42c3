#include "tests/simulators/v2_keys.h"

#include <sys/random.h>

#include <stdexcept>

#include "stratum/v2/authority.h"

namespace simulators {

namespace v2 = stratum::v2;

std::optional<v2::XOnlyKey> authority_of(const std::string& url) {
    const auto scheme = url.find("://");
    const auto slash = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
    if (slash == std::string::npos || slash + 1 == url.size()) return std::nullopt;
    const auto key = v2::parse_public_key(std::string_view(url).substr(slash + 1));
    if (!key) throw std::runtime_error("the authority key in the URL: " + v2::explain(key.error()));
    return *key;
}

void system_random(std::span<std::uint8_t> out) {
    if (getrandom(out.data(), out.size(), 0) != static_cast<ssize_t>(out.size()))
        throw std::runtime_error("the system gave no random bytes");
}

}  // namespace simulators

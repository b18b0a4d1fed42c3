#include "server/random_bytes.h"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace server {

void fill_random(std::span<std::uint8_t> out) {
    while (!out.empty()) {
        const auto filled = getrandom(out.data(), out.size(), 0);
        if (filled < 0 && errno == EINTR) continue;
        if (filled <= 0) throw std::system_error(errno, std::generic_category(), "getrandom");
        out = out.subspan(static_cast<std::size_t>(filled));
    }
}

}  // namespace server

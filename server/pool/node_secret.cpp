#include "server/pool/node_secret.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "server/pool/journal_folder.h"

namespace server::pool {

boost::system::result<std::array<std::uint8_t, 32>, std::string> node_secret(
    const std::filesystem::path& path) {
    std::array<std::uint8_t, 32> secret{};
    const File existing(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (existing.is_open()) {
        if (read(existing.descriptor(), secret.data(), secret.size()) == static_cast<ssize_t>(secret.size()))
            return secret;
        return "The file " + path.string() + " is damaged: delete it, sessions then start anew";
    }
    if (getrandom(secret.data(), secret.size(), 0) != static_cast<ssize_t>(secret.size()))
        return std::string("The system gives no random bytes: ") + std::strerror(errno);
    const File made(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!made.is_open() ||
        write(made.descriptor(), secret.data(), secret.size()) != static_cast<ssize_t>(secret.size()))
        return "Cannot write " + path.string() + ": " + std::strerror(errno) +
               ". Make the data folder writable";
    return secret;
}

}  // namespace server::pool

#pragma once
// `hashyard authority new|sign|show`: keys and certificates of Stratum V2 encryption. The authority's secret
// is needed here only, so it can live on another machine than the server. Main thread.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>

#include "server/pool/key_files.h"
#include "stratum/v2/keys.h"

namespace server::commands {

inline constexpr unsigned certificate_days_max = 3650;

struct AuthorityCommand {
    enum class Kind { make, sign, show } kind = Kind::show;
    std::filesystem::path file{};                      // make, sign: to write; show: to read
    pool::KeyOwner owner = pool::KeyOwner::authority;  // make
    std::filesystem::path authority_key_file{};        // sign
    std::string server_key{};                          // sign: a key file, or a public key's text
    unsigned days = 30;                                // sign: 1 to certificate_days_max
};

struct Surroundings {
    std::chrono::system_clock::time_point now;
    stratum::v2::RandomSource random;
    std::ostream& out;
    std::ostream& error_out;
};

// The exit code: 0, or 1 when something is wrong, which is told. show ends with 1 for a certificate that does
// not hold now.
int run_authority_command(const AuthorityCommand& command, const Surroundings& surroundings);

}  // namespace server::commands

#pragma once
// What tests of handshakes share: a folder, and an identity in it.

#include <cstdlib>
#include <filesystem>
#include <string>

#include "server/pool/server_identity.h"
#include "server/random_bytes.h"
#include "tests/catch.h"

namespace server::pool::testing {

struct Folder {
    Folder() {
        std::string form = (std::filesystem::temp_directory_path() / "hashyard-v2-XXXXXX").string();
        path = mkdtemp(form.data());
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

// 2023-11-14 22:13:20 UTC
inline constexpr std::chrono::system_clock::time_point noon{std::chrono::seconds(1'700'000'000)};

inline std::unique_ptr<IdentityKeeper> open_identity(const PoolOptions& options,
                                                     std::chrono::system_clock::time_point now = noon) {
    auto opened = IdentityKeeper::open(options, fill_random, now);
    INFO((opened ? "" : opened.error()));
    REQUIRE(opened.has_value());
    return std::move(*opened);
}

}  // namespace server::pool::testing

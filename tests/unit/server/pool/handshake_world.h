#pragma once
// What tests of handshakes share: an identity in a folder of its own.

#include <memory>

#include "server/pool/server_identity.h"
#include "server/random_bytes.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace server::pool::testing {

using tests::TemporaryFolder;

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

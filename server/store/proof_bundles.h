#pragma once
// Bundles of blocks: what a run was computed from, with the transfers it became. Books thread or the command
// line; one transaction each. A bundle is made when a block's books move (immature, mature, reversed); the
// window is read once, for the first of them, so that later ones do not need shares that are gone.

#include <optional>
#include <string>
#include <vector>

#include "fleet/proof/block_bundle.h"
#include "server/store/proof_log.h"
#include "stratum/bytes.h"

namespace server::store {

struct BundleToMake {
    std::string coin;
    stratum::Hash256 hash;
    int generation = 1;
    std::string stage;
    friend auto operator<=>(const BundleToMake&, const BundleToMake&) = default;
};
// Oldest block first, at most `most`.
[[nodiscard]] Stored<std::vector<BundleToMake>> bundles_to_make(Database& database, std::size_t most);

struct BundleMade {
    std::optional<fleet::proof::BlockBundle> bundle;
    std::string refused;  // why there is none: its slices are not under a signed head yet, or it differs from
                          // the run
};
[[nodiscard]] Stored<BundleMade> make_bundle(Database& database, const BundleToMake& wanted);

[[nodiscard]] Stored<void> add_bundle(Database& database, const BundleToMake& wanted,
                                      const fleet::proof::BlockBundle& bundle,
                                      const std::string& signed_text);

}  // namespace server::store

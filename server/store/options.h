#pragma once
// What the store is told. Filled by server/config.cpp.

#include <filesystem>
#include <string>

#include "fleet/ledger/payout_rule.h"

namespace server::store {

struct StoreOptions {
    // A libpq URL or keyword string; empty means: run an own cluster in data_dir / "postgresql" (Unix socket
    // only).
    std::string database_url;
    std::filesystem::path data_dir;
    std::string embedded_user;  // system user the embedded cluster runs as when started as root; empty:
                                // "postgres" if there, else made
    fleet::ledger::Scheme scheme = fleet::ledger::Scheme::pplns;
    int window_factor = 8;  // PPLNS window in units of network work; also decides retention (four windows)
    int fee_basis_points = 100;  // pool fee of 10,000
};

}  // namespace server::store

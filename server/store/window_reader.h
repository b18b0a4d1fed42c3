#pragma once
// Inside the store only: the PPLNS window of one block, read from slices where they lie in it whole and from
// raw shares at its two edges. Cost: accounts times slices, plus at most two slices' worth of shares.

#include <cstdint>
#include <optional>
#include <pqxx/pqxx>

#include "fleet/ledger/window.h"
#include "server/store/import.h"

namespace server::store {

struct WindowRead {
    fleet::ledger::Window window;
    std::optional<std::int64_t> newest_position;  // absent: no share was received by then
    std::optional<std::int64_t> oldest_position;
};

// Shares received at or before `frozen_at_us`, by falling position, until the window is full.
fleet::ledger::LedgerResult<WindowRead> read_window(pqxx::work& transaction, const Chain& chain,
                                                    std::int64_t frozen_at_us,
                                                    const fleet::ledger::Integer& limit);

}  // namespace server::store

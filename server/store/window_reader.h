#pragma once
// Inside the store only: the PPLNS window of one block, read from slices where they lie in it whole and from
// raw shares at its two edges. Cost: accounts times slices, plus at most two slices' worth of shares.

#include <cstdint>
#include <map>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <utility>
#include <vector>

#include "fleet/ledger/window.h"
#include "server/store/import.h"

namespace server::store {

struct WindowRead {
    fleet::ledger::Window window;
    std::optional<std::int64_t> newest_position;  // absent: no share was received by then
    std::optional<std::int64_t> oldest_position;
};

// What a window was read from, for those who have to prove it.
struct WindowDetail {
    struct Work {
        fleet::ledger::Integer sliced = 0;  // in whole slices
        fleet::ledger::Integer edge = 0;    // in single shares that count whole
    };
    struct Cut {  // the oldest share, when a part of it counts
        std::string account;
        std::int64_t position = 0;
        fleet::ledger::Integer network_work = 0;
        fleet::ledger::Integer work = 0;
        fleet::ledger::Integer weight = 0;
    };
    std::vector<std::int64_t> slices;                                      // whole ones
    std::map<std::pair<std::string, fleet::ledger::Integer>, Work> works;  // by account and network work
    std::optional<Cut> cut;
};

// Shares received at or before `frozen_at_us`, by falling position, until the window is full.
fleet::ledger::LedgerResult<WindowRead> read_window(pqxx::work& transaction, const Chain& chain,
                                                    std::int64_t frozen_at_us,
                                                    const fleet::ledger::Integer& limit,
                                                    WindowDetail* detail = nullptr);

}  // namespace server::store

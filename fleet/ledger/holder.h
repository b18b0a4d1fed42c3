#pragma once
// Participation units as people write them, and a file of holders. Pure; any thread. The founding paper sells
// coins: 10,000 of them make one masternode, and shared masternodes hold fractions. A unit is 1/10,000 of a
// coin, so one masternode is 100,000,000 units and every share the paper knows is a whole number of units.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/ledger/csv.h"
#include "fleet/ledger/integer.h"

namespace fleet::ledger {

inline constexpr unsigned units_of_a_coin = 10'000;
inline constexpr unsigned units_of_a_masternode = 100'000'000;
inline constexpr std::size_t holder_name_bytes_max = 90;

// "2500" or "0.0001" coins; at most 4 digits behind the point and 20 before it. No sign, no blank.
[[nodiscard]] std::optional<Integer> units_of_coins(std::string_view coins);
[[nodiscard]] std::string coins_of_units(const Integer& units);

struct HolderChange {
    std::string holder;
    Integer units;                   // held from then on; zero: left
    std::int64_t valid_from_us = 0;  // 0: now
};

inline constexpr std::string_view holder_file_header = "holder,coins,valid_from";
struct HolderFile {
    std::vector<HolderChange> changes;
    std::vector<std::size_t> lines;     // of each change
    std::vector<FileProblem> problems;  // any of them: use nothing of the file
};
// valid_from is a day (its 00:00 UTC), or empty: now.
[[nodiscard]] HolderFile parse_holder_file(std::string_view text);

}  // namespace fleet::ledger

#pragma once
// Who is owed what for a block: the window read from slices and raw shares, given to fleet/ledger, and stored
// as a run with its lines and the hashes of input and output. Importer thread (or the command line); one
// transaction each. A run is made once for a block and its rule, whoever asks how often; nothing changes it
// afterwards.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fleet/ledger/payout_rule.h"
#include "server/store/database.h"
#include "stratum/bytes.h"

namespace server::store {

// The version of this rule; made when new. Versions rise and never change.
[[nodiscard]] Stored<std::int32_t> payout_rule_version(Database& database,
                                                       const fleet::ledger::PayoutRule& rule);

struct BlockToCredit {
    std::string coin;
    stratum::Hash256 hash;
    std::int64_t found_at_us = 0;
};
// Blocks that the chain has (immature or mature) and that no run pays yet, oldest first.
[[nodiscard]] Stored<std::vector<BlockToCredit>> blocks_to_credit(Database& database);

struct CreditOutcome {
    enum class Kind { credited, already, unknown_block, refused } kind = Kind::unknown_block;
    std::int64_t run = 0;
    std::size_t lines = 0;
    std::string detail;  // refused: why (a ledger error's name)
};
// To be called once every share received before the block was found is imported.
[[nodiscard]] Stored<CreditOutcome> credit_block(Database& database, const std::string& coin,
                                                 const stratum::Hash256& hash);

}  // namespace server::store

#pragma once
// From what the chain says of a block to transfers in the ledger. Bookkeeper thread or the command line; one
// transaction a block. What is booked follows the block's state, however often it changes and whoever calls
// how often: immature when the chain has it and its run is made, mature, or all taken back; a block that
// returns is booked anew.

#include <cstdint>
#include <string>
#include <vector>

#include "fleet/ledger/block_transfers.h"
#include "server/store/database.h"
#include "stratum/bytes.h"

namespace server::store {

struct BlockToPost {
    std::string coin;
    stratum::Hash256 hash;
};
// Blocks whose books are behind their state, oldest first, at most `most`.
[[nodiscard]] Stored<std::vector<BlockToPost>> blocks_to_post(Database& database, std::size_t most);

struct BlockPosted {
    enum class Kind { nothing, immature, mature, reversed, refused } kind = Kind::nothing;
    std::size_t transfers = 0;
    std::string detail;  // refused: why
};
const char* name_of(BlockPosted::Kind kind);
// One step; call again until there is nothing. `wallet` names the wallet account that mature rewards arrive
// in.
[[nodiscard]] Stored<BlockPosted> post_block(Database& database, const BlockToPost& block,
                                             const std::string& wallet, std::int64_t now_us);

struct SetTerms {
    std::string user;
    std::int64_t valid_from_us = 0;
    fleet::ledger::UserTerms terms;
    std::string by;
};
// Empty, or why not: no such user, or terms from that instant on stand already. A user that nobody has mined
// as is made when its name is an address or registered; so only known users have terms.
[[nodiscard]] Stored<std::string> set_user_terms(Database& database, const SetTerms& terms);
// Newest first.
[[nodiscard]] Stored<std::vector<SetTerms>> user_terms(Database& database, const std::string& user);

}  // namespace server::store

#pragma once
// Blocks after they were found: what the chain says of them. Any thread; one transaction each. The importer
// inserts a block when it meets it in the journal; news may come first and is then refused with `unknown`:
// tell it again.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/store/database.h"
#include "stratum/bytes.h"

namespace server::store {

// Spelled as node::BlockState: submitted, immature, mature, orphaned. Any may follow any other but mature,
// which only a reorganisation of a hundred blocks undoes.
enum class BlockState { submitted, immature, mature, orphaned };
const char* name_of(BlockState state);

struct BlockNews {
    std::string coin = "bitcoin";
    stratum::Hash256 hash;
    BlockState state = BlockState::submitted;
    std::uint32_t confirmations = 0;
    std::string node;
    std::string detail;
    std::int64_t at_us = 0;  // when the chain said so; 0: now
};

enum class NewsTaken { recorded, repeated, unknown };

// Sets the block's state and adds to its history; the same state with other confirmations only updates the
// number.
[[nodiscard]] Stored<NewsTaken> record_block_news(Database& database, const BlockNews& news);

// Hashes of blocks that are submitted or immature, oldest first: those the node side has to watch after a
// restart.
[[nodiscard]] Stored<std::vector<stratum::Hash256>> open_blocks(Database& database,
                                                                std::string_view coin = "bitcoin");

}  // namespace server::store

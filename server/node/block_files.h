#pragma once
// Found blocks on disk, so that a found block outlives this process and every node. One folder; a file
// "<hash>.block" is a block whose fate is open, "<hash>.mature" and "<hash>.orphaned" are settled ones, kept
// for the records. Used on the block thread; sync() on any.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "stratum/bytes.h"

namespace server::node {

inline constexpr std::size_t open_block_files_max =
    1000;  // read at start; more than a pool has in 100 confirmations

struct StoredBlock {
    stratum::Hash256 hash;
    stratum::Bytes bytes;
    std::uint32_t height = 0;  // as its coinbase says (BIP34); 0 when that cannot be read
};

class BlockFiles {
  public:
    // Throws std::filesystem::filesystem_error when the folder cannot be made.
    explicit BlockFiles(std::filesystem::path folder);

    // The bytes are with the kernel afterwards (they survive a killed process); false is logged with the
    // reason.
    bool write(const stratum::Hash256& hash, stratum::ByteView bytes) const;
    // The bytes are on the disk afterwards (they survive a power cut). Blocks for milliseconds.
    void sync(const stratum::Hash256& hash) const;
    // `fate` is "mature" or "orphaned".
    void settle(const stratum::Hash256& hash, const std::string& fate) const;
    // Blocks whose fate is open. Files that do not hold the block they are named after are logged and left
    // alone.
    [[nodiscard]] std::vector<StoredBlock> open_blocks() const;

  private:
    [[nodiscard]] std::filesystem::path path_of(const stratum::Hash256& hash) const;
    const std::filesystem::path folder_;
};

// The height a block's coinbase names; nullopt when it cannot be read.
[[nodiscard]] std::optional<std::uint32_t> height_of_block(stratum::ByteView block);

}  // namespace server::node

#pragma once
// A chain of our own for the first minute and for tests: regtest rules, blocks fully checked, templates with
// real transactions. One owner, one thread; the clock is an argument. Blocks are appended to one file in
// `folder` and survive a killed process; a record cut short at the end is dropped at the next start. The
// first blocks, mined at once at regtest's easiest target, give the chain coins of its own to make
// transactions of.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/node/development_coins.h"
#include "server/node/rpc_reply.h"
#include "server/node/template_parser.h"

namespace server::node {

inline constexpr std::uint32_t development_transactions_max = 5000;
inline constexpr std::uint32_t development_first_blocks = 120;  // 20 of their coinbases are mature

struct DevelopmentChainOptions {
    std::filesystem::path folder;
    std::uint32_t nbits = 0x207fffff;  // of blocks after the first ones
    std::uint32_t transactions = 12;   // wished in each template
};

class DevelopmentChain {
  public:
    // Throws std::runtime_error when the folder cannot be used or its file is not of this chain.
    explicit DevelopmentChain(DevelopmentChainOptions options);
    ~DevelopmentChain();
    DevelopmentChain(const DevelopmentChain&) = delete;
    DevelopmentChain& operator=(const DevelopmentChain&) = delete;

    [[nodiscard]] ChainInfo info() const;
    [[nodiscard]] stratum::Hash256 tip() const { return entries_.back().header.hash; }
    [[nodiscard]] std::optional<stratum::Hash256> hash_at(std::uint32_t height) const;
    // Confirmations -1: a sound block beside the chain.
    [[nodiscard]] std::optional<BlockHeader> header(const stratum::Hash256& hash) const;
    [[nodiscard]] NodeTemplate make_template(std::uint32_t now);
    // As getblocktemplate's proposal and submitblock answer: empty when taken, else the reason.
    [[nodiscard]] std::string propose(stratum::ByteView block, std::uint32_t now) const;
    [[nodiscard]] std::string submit(stratum::ByteView block, std::uint32_t now);
    // Leaves the last `count` blocks to the side, as a reorganisation does. Tests only; the file forgets them
    // too.
    void rewind(std::uint32_t count);

  private:
    struct Entry {
        BlockHeader header;
        std::uint64_t file_end = 0;  // where this block's record ends
    };
    struct HashOfHash {
        std::size_t operator()(const stratum::Hash256& hash) const {
            return stratum::load_le64(hash.bytes.data());
        }
    };

    void load();
    void replay(const stratum::Bytes& file);
    void mine_first_blocks();
    void append(stratum::ByteView block);
    void connect(stratum::ByteView block, const BlockVerdict& verdict, std::uint64_t file_end);
    [[nodiscard]] BlockContext next_context(std::uint32_t now) const;
    [[nodiscard]] std::uint32_t next_nbits() const;
    [[nodiscard]] std::string check(stratum::ByteView block, BlockContext context,
                                    BlockVerdict& verdict) const;

    const DevelopmentChainOptions options_;
    int file_ = -1;
    std::vector<Entry> entries_;  // by height; the genesis block first
    std::unordered_map<stratum::Hash256, std::uint32_t, HashOfHash> heights_;
    std::unordered_map<stratum::Hash256, BlockHeader, HashOfHash> beside_;  // at most beside_max
    DevelopmentCoins coins_;
    stratum::Uint256 work_;
    std::optional<NodeTemplate> offered_;  // for the tip; only its time changes
};

}  // namespace server::node

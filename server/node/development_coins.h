#pragma once
// The development chain's unspent outputs and the transactions it makes of them. One owner, one thread.
// Only outputs that anyone can spend are kept: OP_TRUE behind P2WSH and behind P2SH. All others (the pool's
// payouts) count as gone, which bounds memory by the transactions a template has, not by the chain's length.

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "server/node/block_check.h"
#include "stratum/template.h"

namespace server::node {

inline constexpr std::uint32_t coinbase_maturity = 100;

stratum::Bytes open_witness_script();  // P2WSH of OP_TRUE
stratum::Bytes open_hash_script();     // P2SH of OP_TRUE

class DevelopmentCoins {
  public:
    // What a block at `height` would do, without doing it: a reject reason, or empty. `subsidy_sats` bounds
    // the coinbase.
    [[nodiscard]] std::string check(const std::vector<BlockTransaction>& transactions, std::uint32_t height,
                                    std::int64_t subsidy_sats) const;
    void apply(const std::vector<BlockTransaction>& transactions, std::uint32_t height);
    // At most `count` valid transactions for a block at `height`, each after those it spends. The same for
    // the same coins.
    [[nodiscard]] std::vector<stratum::TemplateTransaction> make_transactions(std::uint32_t height,
                                                                              std::size_t count) const;

  private:
    enum class Kind : std::uint8_t { witness, hash };
    struct Coin {
        std::int64_t amount_sats = 0;
        std::uint32_t height = 0;
        bool coinbase = false;
        Kind kind = Kind::witness;
    };
    using Coins = std::map<OutPoint, Coin>;
    static bool keep(const TransactionOutput& output, Kind& kind);
    static bool opens(const TransactionInput& input, Kind kind);
    static stratum::TemplateTransaction spend(const std::vector<std::pair<OutPoint, Coin>>& inputs,
                                              std::int64_t fee_sats);
    std::string check_inputs(const BlockTransaction& tx, std::uint32_t height, Coins& made, Coins& spent,
                             std::int64_t& fee_sats) const;

    Coins coins_;
    std::deque<OutPoint> oldest_first_;  // every coin once; those spent since are skipped and dropped
};

}  // namespace server::node

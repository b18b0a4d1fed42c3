#pragma once
// A whole serialised block against the rules that need no coins: proof of work, header, merkle root, witness
// commitment, coinbase form, height, weight. Pure; any thread. The development chain judges blocks with it,
// and every new shape of coinbase passes it before work is handed out. Reasons are spelt as Bitcoin Core
// spells them.

#include <cstdint>
#include <string>
#include <vector>

#include "server/node/transaction.h"
#include "stratum/bytes.h"

namespace server::node {

enum class ProofCheck { required, waived };  // waived for a proposal, whose nonce nobody has searched yet

struct BlockContext {
    stratum::Hash256 previous;
    std::uint32_t height = 0;
    std::uint32_t nbits = 0;
    std::uint32_t median_time = 0;  // of the eleven blocks before
    std::uint32_t now = 0;          // seconds since 1970
    ProofCheck proof = ProofCheck::required;
};

struct BlockTransaction {
    ParsedTransaction parsed;  // points into the block's bytes
    stratum::Hash256 txid;
};
struct BlockVerdict {
    std::string reason;  // empty: nothing is wrong
    stratum::Hash256 hash;
    std::vector<BlockTransaction> transactions;  // as far as they were read
};

// `block` outlives the verdict.
[[nodiscard]] BlockVerdict check_block(stratum::ByteView block, const BlockContext& context);

}  // namespace server::node

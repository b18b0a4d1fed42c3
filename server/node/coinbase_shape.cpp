#include "server/node/coinbase_shape.h"

#include <fmt/format.h>

#include "server/node/block_check.h"
#include "stratum/coinbase.h"
#include "stratum/merkle.h"
#include "stratum/sha256.h"

namespace server::node {

using stratum::Bytes;

std::string shape_key(const stratum::Template& work, const NodesOptions& options,
                      std::size_t extranonce_bytes) {
    return fmt::format("{}/{}/{}/{}/{}/{}", stratum::to_hex(options.payout_script), options.coinbase_tag,
                       extranonce_bytes, work.witness_commitment.size(), work.coinbase_flags.size(),
                       stratum::height_push(work.height).size());
}

OutgoingBlockPtr block_to_propose(const stratum::Template& work, const NodesOptions& options,
                                  std::size_t extranonce_bytes) {
    const auto parts = stratum::make_coinbase(work, {{work.coinbase_value_sats, options.payout_script}},
                                              options.coinbase_tag, 0, extranonce_bytes);
    return block_to_propose(work, parts, extranonce_bytes);
}

OutgoingBlockPtr block_to_propose(const stratum::Template& work, const stratum::CoinbaseParts& parts,
                                  std::size_t extranonce_bytes) {
    Bytes coinbase = parts.prefix;
    coinbase.resize(coinbase.size() + extranonce_bytes);
    coinbase.insert(coinbase.end(), parts.suffix.begin(), parts.suffix.end());
    BlockHeader header;
    header.version = work.version;
    header.previous = work.previous;
    header.merkle_root = stratum::merkle_root_from_branches(stratum::sha256d(coinbase), work.merkle_branches);
    header.time = work.time;
    header.nbits = work.nbits;
    const auto raw = serialise(header);
    return std::make_shared<OutgoingBlock>(stratum::sha256d(raw),
                                           stratum::assemble_block(work, raw, coinbase));
}

std::string check_proposal(const OutgoingBlock& block, const stratum::Template& work) {
    BlockContext context;
    context.previous = work.previous;
    context.height = work.height;
    context.nbits = work.nbits;
    context.median_time = work.time_min - 1;
    context.now = work.time;
    context.proof = ProofCheck::waived;
    return check_block(block.bytes(), context).reason;
}

}  // namespace server::node

#pragma once
// A shape of coinbase: all that decides whether nodes take blocks with it. Each new one is proven once before
// it is mined. Pure; any thread.

#include <string>

#include "server/node/node_client.h"
#include "server/node/options.h"
#include "stratum/coinbase.h"

namespace server::node {

// What the pool's coinbases may weigh and count, beyond what this one does: pools with more outputs come
// through here too.
inline constexpr std::size_t coinbase_weight_reserved = 4000;
inline constexpr std::size_t coinbase_sigops_reserved = 400;  // as nodes reserve it

// Equal keys: equal but for height, values and hashes.
std::string shape_key(const stratum::Template& work, const NodesOptions& options,
                      std::size_t extranonce_bytes);
// A block on this template as the pool would make it, without a valid nonce.
OutgoingBlockPtr block_to_propose(const stratum::Template& work, const NodesOptions& options,
                                  std::size_t extranonce_bytes);
// The same with a coinbase of somebody's making; its extranonce is zeros.
OutgoingBlockPtr block_to_propose(const stratum::Template& work, const stratum::CoinbaseParts& parts,
                                  std::size_t extranonce_bytes);
// The block against every rule that needs no coins: empty, or the reason.
std::string check_proposal(const OutgoingBlock& block, const stratum::Template& work);

}  // namespace server::node

#pragma once
// getblocktemplate's result, read without trust: everything a lying or broken node could send is checked
// before a job is made of it. Pure; any thread. BIP22, BIP23, BIP141, BIP145. 3,000 transactions take a few
// milliseconds.

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "server/node/transaction.h"
#include "stratum/template.h"

namespace server::node {

inline constexpr std::size_t template_transactions_max =
    20'000;  // 4,000,000 weight / 240, the smallest, is 16,666
inline constexpr std::size_t longpollid_bytes_max = 256;

enum class TemplateError {
    not_json,
    missing_field,
    bad_field,
    unknown_rule,      // a rule that must be understood ("!name") and is not
    signature_needed,  // signet: blocks need the signet's own signature
    bad_height,
    bad_time,
    bad_nbits,
    bad_transaction,
    txid_mismatch,
    wtxid_mismatch,
    weight_mismatch,
    too_many_transactions,
    block_too_heavy,
    bad_fee,
    bad_coinbase_value,
    commitment_missing,
    commitment_mismatch,
    merkle_path_mismatch,  // from here on: of template providers
    unknown_output,        // an output other than the commitment that the coinbase would have to have
};
const char* name_of(TemplateError error);  // also a metric label

struct NodeTemplate {
    stratum::Template work;  // number, node and received_at are the caller's to fill
    std::string longpollid;  // as it stood in the JSON; empty when the node has none
    std::size_t weight_limit = block_weight_max;
    std::size_t sigop_limit = block_sigops_max;
};
using TemplateResult = boost::system::result<NodeTemplate, TemplateError>;

// `json` is the value of "result", a JSON object.
[[nodiscard]] TemplateResult parse_template(std::string_view json, stratum::Network network);

// New coins of a block at `height`. Halving every 210,000 blocks, 150 on regtest.
std::int64_t subsidy_sats(std::uint32_t height, stratum::Network network);

// Drops trailing transactions (no other depends on the last) until the block fits with a coinbase of this
// weight and these sigops, and makes fees, value, branches and commitment agree again. True when something
// was dropped.
bool fit_to_limits(NodeTemplate& offered, std::size_t coinbase_weight, std::size_t coinbase_sigops);

}  // namespace server::node

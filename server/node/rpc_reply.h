#pragma once
// A node's small answers, read without trust. Pure; any thread. JSON-RPC 1.0 as Bitcoin nodes speak it.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stratum/bytes.h"
#include "stratum/uint256.h"

namespace server::node {

// Error codes of Bitcoin Core's RPC that decide something here.
inline constexpr std::int64_t rpc_in_warmup = -28;
inline constexpr std::int64_t rpc_not_connected = -9;
inline constexpr std::int64_t rpc_in_initial_download = -10;
inline constexpr std::int64_t rpc_not_found = -5;
inline constexpr std::int64_t rpc_method_not_found = -32601;

struct RpcError {
    std::int64_t code = 0;
    std::string message;  // readable, at most 300 letters
};
struct SplitReply {
    std::string_view result;  // JSON text, "null" when there is an error; points into the body
    std::optional<RpcError> error;
};
[[nodiscard]] std::optional<SplitReply> split_reply(std::string_view body);

// getblockchaininfo
struct ChainInfo {
    std::string chain;  // main, test, testnet4, signet, regtest
    std::uint32_t height = 0;
    std::uint32_t headers = 0;
    stratum::Hash256 tip;
    stratum::Uint256 work;  // zero when the node does not say
    bool initial_download = false;
};
[[nodiscard]] std::optional<ChainInfo> parse_chain_info(std::string_view json);

// getblockheader, verbose
struct BlockHeader {
    stratum::Hash256 hash;
    std::int64_t confirmations = 0;  // 1: the tip; -1: known but not in the chain
    std::uint32_t height = 0;
    std::uint32_t version = 0;
    stratum::Hash256 previous;
    stratum::Hash256 merkle_root;
    std::uint32_t time = 0;
    std::uint32_t median_time = 0;  // of the eleven blocks up to this one
    std::uint32_t nbits = 0;
    std::uint32_t nonce = 0;
    bool nonce_known = false;  // bcoin leaves it out
};
[[nodiscard]] std::optional<BlockHeader> parse_block_header(std::string_view json);

std::array<std::uint8_t, 80> serialise(const BlockHeader& header);
// The fields give the hash, and the hash meets the target they name: what no node can make up without the
// work.
[[nodiscard]] bool proves_work(const BlockHeader& header);

}  // namespace server::node

#pragma once
// What the node side is told. Filled by server/config.cpp.

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "stratum/limits.h"
#include "stratum/template.h"
#include "stratum/v2/keys.h"

namespace server::node {

struct NodeOptions {
    std::string name;     // as it stands in logs, metrics and the API
    std::string rpc_url;  // http://host:port
    std::string rpc_user;
    std::string rpc_password;
    std::filesystem::path rpc_cookie_file;  // read again before each connection; wins over user and password
    std::string zmq_hashblock;              // tcp://host:port, empty: longpoll and polling only
    // host:port of a template provider of this node, empty: getblocktemplate.
    std::string template_provider;
    std::optional<stratum::v2::XOnlyKey> template_provider_key;  // none: its certificate is not checked
};

struct NodesOptions {
    std::vector<NodeOptions> nodes;  // empty: the built-in development chain
    stratum::Network network = stratum::Network::regtest;
    std::filesystem::path data_dir;  // blocks/ and the development chain live in it
    std::chrono::milliseconds poll_interval{1000};
    std::chrono::seconds template_interval{30};  // same-tip refresh
    std::chrono::seconds stalled_after{90};      // no template or tip news for so long: the node is stalled
    std::chrono::seconds lagging_after{10};      // behind another node's tip for so long: the node lags
    std::chrono::milliseconds rpc_timeout{
        10'000};  // longest wait for an answer (longpoll waits longer, by design)
    // Target of the development chain's blocks. 0x1d07ffff is difficulty 1/8: 540 million hashes, half a
    // minute for a processor.
    std::uint32_t development_chain_nbits = 0x1d07ffff;
    std::uint32_t development_chain_transactions = 12;  // in each of its templates, at most 5,000
    bool early_template = true;                         // send an empty job on a new tip before the full one
    // Then it gives way to what nodes offer, unless they have its tip themselves.
    std::chrono::milliseconds early_longest{10'000};
    // Of the coinbases that miners will make: V1, and V2 where a listener speaks it. Each is proven.
    std::vector<std::size_t> extranonce_lengths{stratum::extranonce_bytes_v1};
    std::string coinbase_tag;
    stratum::Bytes payout_script;  // scriptPubKey of the pool's address
};

}  // namespace server::node

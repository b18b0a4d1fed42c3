#pragma once
// The clients of one configured node: by its options plain RPC, or RPC with a template provider. Called by
// NodeDesk on the control thread.

#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include "server/node/node_client.h"
#include "server/node/options.h"
#include "server/node/provider_link.h"

namespace server::node {

struct NodeExecutors {
    boost::asio::any_io_executor control;
    boost::asio::any_io_executor blocks;
};
struct NodeClients {
    std::unique_ptr<NodeClient> watching;    // for the control thread
    std::unique_ptr<NodeClient> sending;     // for the block thread
    std::shared_ptr<ProviderLink> provider;  // to be started and stopped; null without one
};
// Throws std::runtime_error when an address is none.
NodeClients make_clients(const NodeExecutors& executors, const NodeOptions& node, const NodesOptions& options,
                         ProviderEvents events);

}  // namespace server::node

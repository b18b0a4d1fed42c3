#include "server/node/node_clients.h"

#include <stdexcept>

#include "server/node/provider_node.h"
#include "server/node/rpc_node.h"

namespace server::node {
namespace {

// A provider that does not follow its node is stalled after lagging_after; so often that, and it is left.
constexpr int patience_factor = 3;
constexpr unsigned long port_max = 65'535;

ProviderOptions provider_options(const NodeOptions& node, const NodesOptions& options) {
    const auto place = parse_rpc_url("http://" + node.template_provider);
    const auto port = place && place->path == "/" ? std::stoul(place->port) : port_max + 1;
    if (port > port_max)
        throw std::runtime_error("node " + node.name + ": \"" + node.template_provider +
                                 "\" is not of the form host:port");
    ProviderOptions out;
    out.node = node.name;
    out.host = place->host;
    out.port = static_cast<std::uint16_t>(port);
    out.authority = node.template_provider_key;
    out.network = options.network;
    out.answer_timeout = options.rpc_timeout;
    return out;
}

}  // namespace

NodeClients make_clients(const NodeExecutors& executors, const NodeOptions& node, const NodesOptions& options,
                         ProviderEvents events) {
    const auto network = options.network;
    const auto timeout = options.rpc_timeout;
    NodeClients out;
    if (node.template_provider.empty()) {
        out.watching = std::make_unique<RpcNode>(executors.control, node, network, timeout);
        out.sending = std::make_unique<RpcNode>(executors.blocks, node, network, timeout);
        return out;
    }
    out.provider =
        std::make_shared<ProviderLink>(executors.control, provider_options(node, options), std::move(events));
    out.watching = std::make_unique<ProviderNode>(
        executors.control,
        ProviderNode::Options{node, network, timeout, patience_factor * options.lagging_after}, out.provider);
    out.sending = std::make_unique<SolutionNode>(executors.blocks, node, network, timeout, out.provider);
    return out;
}

}  // namespace server::node

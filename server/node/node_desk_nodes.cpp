// How the desk comes to its nodes: clients, watches, providers, notifications.

#include "server/node/node_desk.h"

#include <boost/asio/post.hpp>

#include "server/log.h"
#include "server/node/development_node.h"
#include "server/node/node_clients.h"

namespace server::node {
namespace {

namespace asio = boost::asio;
using stratum::Hash256;

}  // namespace

void NodeDesk::add_nodes() {
    for (const auto& node : options_.nodes) {
        auto clients = make_clients({control_, sender_.executor()}, node, options_,
                                    provider_events(watches_.size(), node.name));
        add_watch(node.name, std::move(clients.watching));
        sending_.push_back({node.name, std::move(clients.sending)});
        if (clients.provider) providers_.push_back(std::move(clients.provider));
    }
}

ProviderEvents NodeDesk::provider_events(std::size_t node, const std::string& name) {
    const auto self = weak_from_this();
    ProviderEvents events;
    events.on_tip = [self, node](const Hash256& tip) {
        if (const auto desk = self.lock()) desk->watches_[node]->hear_tip(tip);
    };
    events.on_connection = [self, name](const char* result) {
        if (const auto desk = self.lock())
            desk->provider_connections_.Add({{"node", name}, {"result", result}}).Increment();
    };
    events.on_solution = [self, name](bool sent) {
        if (const auto desk = self.lock())
            desk->provider_solutions_.Add({{"node", name}, {"result", sent ? "sent" : "too_late"}})
                .Increment();
    };
    return events;
}

void NodeDesk::add_development_chain() {
    DevelopmentChainOptions chain;
    chain.folder = options_.data_dir / "development_chain";
    chain.nbits = options_.development_chain_nbits;
    chain.transactions = options_.development_chain_transactions;
    world_ = std::make_shared<DevelopmentWorld>(sender_.executor(), std::move(chain));
    add_watch("development", std::make_unique<DevelopmentNode>(world_));
    sending_.push_back({"development", std::make_unique<DevelopmentNode>(world_)});
}

void NodeDesk::add_watch(const std::string& name, std::unique_ptr<NodeClient> client) {
    NodeWatchOptions options;
    options.name = name;
    options.network = options_.network;
    options.poll_interval = options_.poll_interval;
    options.template_interval = options_.template_interval;
    options.rpc_timeout = options_.rpc_timeout;
    options.limits = {options_.stalled_after, options_.lagging_after};
    const auto node = watches_.size();
    NodeWatchEvents events;
    // A watch's coroutines end before the desk does: they hold the watch, the desk holds it too, and stop()
    // ends them.
    const auto self = weak_from_this();
    events.on_tip = [self, node](const Hash256& tip) {
        if (const auto desk = self.lock()) desk->on_tip(node, tip);
    };
    events.on_template = [self, node] {
        if (const auto desk = self.lock()) desk->on_template(node);
    };
    events.on_template_refused = [self, name](const NodeError& error) {
        log::warn("template_refused", {{"node", name}, {"reason", error.detail}});
        if (const auto desk = self.lock())
            desk->templates_.Add({{"node", name}, {"result", "refused"}}).Increment();
    };
    watches_.push_back(
        std::make_shared<NodeWatch>(control_, std::move(options), std::move(client), std::move(events)));
}

void NodeDesk::listen_to_zmq() {
    std::vector<ZmqSource> sources;
    for (std::size_t i = 0; i < options_.nodes.size(); ++i)
        if (!options_.nodes[i].zmq_hashblock.empty()) sources.push_back({i, options_.nodes[i].zmq_hashblock});
    if (sources.empty()) return;
    zmq_ = std::make_unique<ZmqListener>(std::move(sources), [this](std::size_t node, const Hash256& hash) {
        asio::post(control_, [self = weak_from_this(), node, hash] {
            const auto desk = self.lock();
            if (desk && !desk->stopped_) desk->watches_[node]->hear_tip(hash);
        });
    });
}

}  // namespace server::node

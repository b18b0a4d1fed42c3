#pragma once
// A Nodes object on a control loop, with everything it says remembered. run_until() drives the loop until a
// condition holds; it fails the test after a generous limit, and never sleeps.

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <prometheus/registry.h>
#include <boost/asio/io_context.hpp>

#include "server/node/nodes.h"
#include "tests/unit/server/node/mined_block.h"
#include "tests/temporary_folder.h"

namespace node_test {

class NodesWorld {
  public:
    explicit NodesWorld(server::node::NodesOptions given);
    ~NodesWorld();

    void start();
    void stop();  // and forget, as a restart would; the folder stays
    void run_until(const std::function<bool()>& holds);
    [[nodiscard]] stratum::TemplatePtr latest() const;
    // The state and detail of a node, as the status page shows it.
    [[nodiscard]] server::node::NodeStatus status(std::size_t node = 0) const;
    void run_until_state(server::node::NodeState state, std::size_t node = 0);
    // Waits for a full template of this height.
    void run_until_full(std::uint32_t height);
    // Solves a block on this template and hands it over; gives its hash.
    stratum::Hash256 solve_and_submit(const stratum::TemplatePtr& work);
    [[nodiscard]] bool has_news(const stratum::Hash256& hash, server::node::BlockState state) const;
    // The exposition's line with this name and these words; empty when there is none.
    [[nodiscard]] double metric(const std::string& name, const std::vector<std::string>& labels) const;

    tests::TemporaryFolder folder;
    server::node::NodesOptions options;
    boost::asio::io_context control{1};
    std::vector<stratum::TemplatePtr> templates;
    std::vector<server::node::BlockNews> news;
    std::vector<bool> flow;

  private:
    std::shared_ptr<prometheus::Registry> registry_;
    std::unique_ptr<server::node::Nodes> nodes_;

  public:
    server::node::Nodes& nodes() { return *nodes_; }
};

// Short intervals, so that tests wait for events and not for clocks.
server::node::NodesOptions quick_options();

}  // namespace node_test

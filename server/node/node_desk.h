#pragma once
// Decides which node's template is mined and hands it out: best tip first, early job ahead of the full one,
// no coinbase shape unproven. Lives on the control thread; sender() and status() take any thread.

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/latest.h"
#include "server/node/block_sender.h"
#include "server/node/node_watch.h"
#include "server/node/nodes.h"
#include "server/node/provider_link.h"
#include "server/node/zmq_listener.h"

namespace server::node {

class NodeDesk : public std::enable_shared_from_this<NodeDesk> {
  public:
    NodeDesk(boost::asio::any_io_executor control, NodesOptions options, NodesEvents events,
             prometheus::Registry& registry);

    void start();
    void stop();
    void propose(OutgoingBlockPtr block, Nodes::OnJudgement on_answer);  // any thread
    [[nodiscard]] BlockSender& sender() { return sender_; }
    [[nodiscard]] std::vector<NodeStatus> status() const;

  private:
    using Source = std::shared_ptr<const NodeTemplate>;
    void add_nodes();
    ProviderEvents provider_events(std::size_t node, const std::string& name);
    void add_development_chain();
    void add_watch(const std::string& name, std::unique_ptr<NodeClient> client);
    void listen_to_zmq();
    boost::asio::awaitable<void> tick(std::shared_ptr<NodeDesk> self);
    void judge_all();
    void show_status();
    void on_template(std::size_t node);
    void on_tip(std::size_t node, const stratum::Hash256& tip);
    void reconsider();
    [[nodiscard]] bool is_believed(std::size_t node) const;
    [[nodiscard]] bool is_behind_early(std::size_t node) const;
    boost::asio::awaitable<void> verify(std::shared_ptr<NodeDesk> self, std::size_t node,
                                        stratum::Hash256 tip);
    boost::asio::awaitable<void> send_early(std::shared_ptr<NodeDesk> self, std::size_t node,
                                            stratum::Hash256 tip);
    boost::asio::awaitable<void> judge(std::shared_ptr<NodeDesk> self, OutgoingBlockPtr block,
                                       Nodes::OnJudgement on_answer);
    boost::asio::awaitable<void> prove(std::shared_ptr<NodeDesk> self, std::size_t node, Source source,
                                       std::size_t extranonce_bytes);
    [[nodiscard]] std::optional<std::size_t> unproven(const stratum::Template& work) const;
    void publish(std::size_t node, stratum::Template work, std::chrono::steady_clock::time_point received_at);
    void tell_flow();

    const boost::asio::any_io_executor control_;
    const NodesOptions options_;
    const NodesEvents events_;
    prometheus::Family<prometheus::Gauge>& states_;
    prometheus::Family<prometheus::Gauge>& heights_;
    prometheus::Family<prometheus::Counter>& templates_;
    prometheus::Family<prometheus::Counter>& provider_connections_;
    prometheus::Family<prometheus::Counter>& provider_solutions_;
    BlockSender sender_;
    std::shared_ptr<struct DevelopmentWorld> world_;  // with the development chain only
    std::vector<BlockSender::Node> sending_;          // until start()
    std::vector<std::shared_ptr<NodeWatch>> watches_;
    std::vector<std::shared_ptr<ProviderLink>> providers_;
    std::unique_ptr<ZmqListener> zmq_;

    stratum::TemplatePtr published_;
    Source published_source_;  // null for an early one
    std::optional<std::size_t> current_;
    std::uint64_t next_number_;
    std::set<std::string> proven_;
    bool proving_ = false;
    Source refused_source_;  // whose coinbase was refused: the next template is tried, not this one again
                             // each second
    std::set<stratum::Hash256> believed_;  // tips whose header showed its work; at most believed_max
    std::set<stratum::Hash256> verifying_;
    std::set<stratum::Hash256> early_tried_;  // cleared when a full template is published
    std::optional<bool> flowing_;
    boost::asio::steady_timer tick_timer_;
    Latest<std::vector<NodeStatus>> status_;
    bool stopped_ = false;
};

}  // namespace server::node

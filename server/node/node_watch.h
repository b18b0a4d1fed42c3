#pragma once
// Watches one node: polls its tip, waits for its templates (longpoll), fetches one itself when the wait
// brings none, and tells how well it is. Lives on the control thread. Coroutines hold it by shared_ptr;
// stop() ends them.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/node/node_client.h"
#include "server/node/node_health.h"

namespace server::node {

struct NodeWatchOptions {
    std::string name;
    stratum::Network network = stratum::Network::regtest;
    std::chrono::milliseconds poll_interval{1000};
    std::chrono::milliseconds template_interval{30'000};
    std::chrono::milliseconds rpc_timeout{10'000};
    NodeLimits limits;
};

struct NodeWatchEvents {
    std::function<void(stratum::Hash256 tip)> on_tip;  // a tip that no template of this node builds on yet
    std::function<void()> on_template;                 // latest() changed
    std::function<void(const NodeError&)> on_template_refused;
};

class NodeWatch : public std::enable_shared_from_this<NodeWatch> {
  public:
    using Clock = std::chrono::steady_clock;
    NodeWatch(boost::asio::any_io_executor executor, NodeWatchOptions options,
              std::unique_ptr<NodeClient> client, NodeWatchEvents events);

    void start();
    void stop();
    // The node (by ZMQ) or its chain (by polling) has this tip.
    void hear_tip(const stratum::Hash256& tip);
    // Its tip's header did not show the work it claims.
    void distrust(std::string why) { seen_.distrusted = std::move(why); }
    // Judges again; true when state or detail changed. `height_elsewhere` is the best height of all nodes.
    bool judge_now(std::uint32_t height_elsewhere);

    [[nodiscard]] NodeClient& client() { return *client_; }
    [[nodiscard]] const std::string& name() const { return options_.name; }
    [[nodiscard]] const NodeJudgement& judgement() const { return judgement_; }
    [[nodiscard]] std::uint32_t height() const { return seen_.height; }
    [[nodiscard]] const std::optional<stratum::Hash256>& tip() const { return tip_; }
    [[nodiscard]] const std::shared_ptr<const NodeTemplate>& latest() const { return latest_; }
    [[nodiscard]] Clock::time_point latest_at() const { return latest_at_; }
    // Healthy now, or so lately that its template can still be mined.
    [[nodiscard]] bool well_lately() const;

  private:
    boost::asio::awaitable<void> pause(std::chrono::milliseconds duration);
    boost::asio::awaitable<void> poll(std::shared_ptr<NodeWatch> self);
    boost::asio::awaitable<void> longpoll(std::shared_ptr<NodeWatch> self);
    boost::asio::awaitable<void> fetch(std::shared_ptr<NodeWatch> self);
    boost::asio::awaitable<void> identify(ChainInfo info);
    void take_info(const ChainInfo& info);
    void take(NodeResult<NodeTemplate> offered);
    void fetch_at(Clock::time_point at);
    void end_dead_longpoll();

    const boost::asio::any_io_executor executor_;
    const NodeWatchOptions options_;
    const std::unique_ptr<NodeClient> client_;
    const NodeWatchEvents events_;
    NodeObservation seen_;
    NodeJudgement judgement_;
    std::optional<stratum::Hash256> tip_;
    Clock::time_point tip_at_;
    std::shared_ptr<const NodeTemplate> latest_;
    Clock::time_point latest_at_;
    Clock::time_point healthy_at_;
    std::optional<Clock::time_point> behind_since_;
    std::optional<stratum::Hash256> longpoll_base_;  // what the open longpoll waits to be replaced
    boost::asio::steady_timer fetch_timer_;
    Clock::time_point fetch_due_;
    std::set<boost::asio::steady_timer*> pauses_;
    bool stopped_ = false;
};

}  // namespace server::node

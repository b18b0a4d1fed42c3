#include "server/node/node_desk.h"

#include <algorithm>
#include <stdexcept>

#include <prometheus/registry.h>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "server/log.h"
#include "server/node/coinbase_shape.h"
#include "server/node/development_node.h"
#include "server/node/selection.h"
#include "server/task.h"

namespace server::node {
namespace {

namespace asio = boost::asio;
using std::chrono::seconds;
using std::chrono::steady_clock;
using stratum::Hash256;

constexpr std::size_t believed_max = 1000;
constexpr std::array node_states{NodeState::starting, NodeState::healthy,     NodeState::stalled,
                                 NodeState::lagging,  NodeState::wrong_chain, NodeState::unreachable};

std::uint64_t seconds_now() {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

NodesOptions checked(NodesOptions options) {
    if (options.nodes.empty() && options.network != stratum::Network::regtest)
        throw std::runtime_error(
            std::string("no node is configured; the built-in development chain is for regtest, not for ") +
            stratum::name_of(options.network));
    if (options.payout_script.empty()) options.payout_script = {0x51};  // tests: anyone may spend
    return options;
}

BlockSenderOptions sender_options(const NodesOptions& options) {
    BlockSenderOptions out;
    out.folder = options.data_dir / "blocks";
    out.look_interval = options.poll_interval;
    return out;
}

}  // namespace

NodeDesk::NodeDesk(asio::any_io_executor control, NodesOptions options, NodesEvents events,
                   prometheus::Registry& registry)
    : control_(control),
      options_(checked(std::move(options))),
      events_(std::move(events)),
      states_(prometheus::BuildGauge()
                  .Name("hashyard_node_state")
                  .Help("1 for the state a node is in, 0 for the others.")
                  .Register(registry)),
      heights_(prometheus::BuildGauge()
                   .Name("hashyard_node_height")
                   .Help("Height of a node's best block.")
                   .Register(registry)),
      templates_(prometheus::BuildCounter()
                     .Name("hashyard_node_templates_total")
                     .Help("Block templates from nodes, by what became of them.")
                     .Register(registry)),
      provider_connections_(prometheus::BuildCounter()
                                .Name("hashyard_provider_connections_total")
                                .Help("Connections to template providers: up, or what they ended by.")
                                .Register(registry)),
      provider_solutions_(prometheus::BuildCounter()
                              .Name("hashyard_provider_solutions_total")
                              .Help("Blocks on templates of template providers: sent to them, or too late.")
                              .Register(registry)),
      sender_(
          sender_options(options_),
          [this](BlockNews news) {
              asio::post(control_, [self = weak_from_this(), news = std::move(news)] {
                  const auto desk = self.lock();
                  if (desk && !desk->stopped_ && desk->events_.on_block_news)
                      desk->events_.on_block_news(news);
              });
          },
          registry),
      next_number_(seconds_now() << 20),
      tick_timer_(control) {}

void NodeDesk::start() {
    if (options_.nodes.empty())
        add_development_chain();
    else
        add_nodes();
    sender_.start(std::move(sending_));
    for (const auto& watch : watches_) watch->start();
    for (const auto& provider : providers_) provider->start();
    listen_to_zmq();
    spawn(control_, tick(shared_from_this()), "node_tick", Vital::yes);
}

void NodeDesk::stop() {
    if (std::exchange(stopped_, true)) return;
    tick_timer_.cancel();
    if (zmq_) zmq_->stop();
    for (const auto& provider : providers_) provider->stop();
    for (const auto& watch : watches_) watch->stop();
    if (world_)
        asio::post(world_->executor, [world = world_] {
            world->closed = true;
            world->wake_waiting();
        });
    sender_.stop();
}

asio::awaitable<void> NodeDesk::tick([[maybe_unused]] std::shared_ptr<NodeDesk> self) {
    while (!stopped_) {
        judge_all();
        reconsider();
        tell_flow();
        tick_timer_.expires_after(options_.poll_interval);
        boost::system::error_code ignored;
        co_await tick_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

void NodeDesk::judge_all() {
    std::uint32_t best = 0;
    for (const auto& watch : watches_)
        if (watch->judgement().state != NodeState::wrong_chain) best = std::max(best, watch->height());
    for (const auto& watch : watches_) {
        const auto before = watch->judgement().state;
        if (!watch->judge_now(best) || watch->judgement().state == before) continue;
        const auto& now = watch->judgement();
        const auto level = now.state == NodeState::healthy || now.state == NodeState::starting
                               ? log::Level::info
                               : log::Level::warn;
        log::write(level, "node_state",
                   {{"node", watch->name()},
                    {"state", name_of(now.state)},
                    {"was", name_of(before)},
                    {"height", watch->height()},
                    {"reason", now.detail}});
    }
    for (const auto& watch : watches_) {
        heights_.Add({{"node", watch->name()}}).Set(watch->height());
        for (const auto state : node_states)
            states_.Add({{"node", watch->name()}, {"state", name_of(state)}})
                .Set(state == watch->judgement().state ? 1 : 0);
    }
    show_status();
}

void NodeDesk::show_status() {
    auto out = std::make_shared<std::vector<NodeStatus>>();
    for (const auto& watch : watches_)
        out->push_back({watch->name(), watch->judgement().state, watch->judgement().detail, watch->height(),
                        watch->tip() ? stratum::displayed(*watch->tip()) : std::string{}});
    status_.store(std::move(out));
}

std::vector<NodeStatus> NodeDesk::status() const {
    const auto latest = status_.load();
    return latest ? *latest : std::vector<NodeStatus>{};
}

// With one node there is nobody to contradict it. With several, a tip that only one of them has must show its
// work.
bool NodeDesk::is_believed(std::size_t node) const {
    if (watches_.size() == 1) return true;
    const auto& previous = watches_[node]->latest()->work.previous;
    if (believed_.contains(previous)) return true;
    for (std::size_t i = 0; i < watches_.size(); ++i)
        if (i != node && watches_[i]->tip() == previous) return true;
    return false;
}

void NodeDesk::on_template(std::size_t node) {
    if (stopped_) return;
    const auto& watch = *watches_[node];
    templates_.Add({{"node", watch.name()}, {"result", "taken"}}).Increment();
    const auto previous = watch.latest()->work.previous;
    if (!is_believed(node) && verifying_.insert(previous).second)
        spawn(control_, verify(shared_from_this(), node, previous), "tip_check", Vital::yes);
    judge_all();
    reconsider();
    tell_flow();
}

asio::awaitable<void> NodeDesk::verify([[maybe_unused]] std::shared_ptr<NodeDesk> self, std::size_t node,
                                       Hash256 tip) {
    const auto header = co_await watches_[node]->client().block_header(tip);
    verifying_.erase(tip);
    if (stopped_ || !header) co_return;  // asked again with the next template
    if (header->hash == tip && is_believable(*header, published_.get())) {
        if (believed_.size() >= believed_max) believed_.clear();
        believed_.insert(tip);
        reconsider();
    } else {
        watches_[node]->distrust("it claims a tip without the work for it");
    }
}

void NodeDesk::on_tip(std::size_t node, const Hash256& tip) {
    if (stopped_) return;
    sender_.tip_moved();
    if (!options_.early_template || !published_ || published_->previous == tip) return;
    if (!early_tried_.insert(tip).second) return;
    spawn(control_, send_early(shared_from_this(), node, tip), "early_template", Vital::yes);
}

asio::awaitable<void> NodeDesk::send_early([[maybe_unused]] std::shared_ptr<NodeDesk> self, std::size_t node,
                                           Hash256 tip) {
    const auto header = co_await watches_[node]->client().block_header(tip);
    if (stopped_ || !header || header->hash != tip) co_return;
    // Meanwhile the full template may have come: then the parent differs and nothing is made.
    auto early = make_early_template(*header, *published_, options_.network,
                                     static_cast<std::uint32_t>(seconds_now()));
    if (!early || unproven(*early)) co_return;
    publish(node, std::move(*early), steady_clock::now());
}

void NodeDesk::reconsider() {
    if (stopped_) return;
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < watches_.size(); ++i) {
        const auto& watch = *watches_[i];
        const bool usable = watch.latest() && watch.well_lately() && is_believed(i);
        candidates.push_back({usable, usable ? watch.latest()->work.height : 0});
    }
    const auto best = choose(candidates, current_);
    if (!best || watches_[*best]->latest() == published_source_) return;
    const auto source = watches_[*best]->latest();
    if (is_behind_early(*best)) return;
    if (const auto extranonce_bytes = unproven(source->work)) {
        if (source != refused_source_ && !std::exchange(proving_, true))
            spawn(control_, prove(shared_from_this(), *best, source, *extranonce_bytes), "coinbase_proof",
                  Vital::yes);
        return;
    }
    published_source_ = source;
    early_tried_.clear();
    auto offered = *source;
    if (fit_to_limits(offered, coinbase_weight_reserved, coinbase_sigops_reserved))
        log::info("template_shortened",
                  {{"node", watches_[*best]->name()}, {"transactions", offered.work.transactions.size()}});
    publish(*best, std::move(offered.work), watches_[*best]->latest_at());
}

// The first of the configured extranonces whose coinbase on this template nobody has proven.
std::optional<std::size_t> NodeDesk::unproven(const stratum::Template& work) const {
    for (const auto length : options_.extranonce_lengths)
        if (!proven_.contains(shape_key(work, options_, length))) return length;
    return std::nullopt;
}

// Work on the block before is worth nothing while the early job's tip holds: for a while in any case, and as
// long as the node that offers it has that tip itself.
bool NodeDesk::is_behind_early(std::size_t node) const {
    if (!published_ || !published_->early) return false;
    if (watches_[node]->latest()->work.height >= published_->height) return false;
    return watches_[node]->tip() == published_->previous ||
           steady_clock::now() - published_->received_at < options_.early_longest;
}

// A shape nobody has proven is never mined: first our own rules, then the node's.
asio::awaitable<void> NodeDesk::prove([[maybe_unused]] std::shared_ptr<NodeDesk> self, std::size_t node,
                                      Source source, std::size_t extranonce_bytes) {
    const auto key = shape_key(source->work, options_, extranonce_bytes);
    const auto block = block_to_propose(source->work, options_, extranonce_bytes);
    auto reason = check_proposal(*block, source->work);
    std::string judge = "Hashyard";
    if (reason.empty()) {
        judge = watches_[node]->name();
        const auto answer = co_await watches_[node]->client().propose(block);
        proving_ = false;
        if (stopped_) co_return;
        const bool cannot = !answer && answer.error().failure == NodeFailure::refused;
        if (!answer && !cannot) co_return;  // asked again on the next tick
        if (cannot) log::warn("proposal_not_supported", {{"node", judge}, {"reason", answer.error().detail}});
        if (answer) reason = *answer;
        if (reason == "inconclusive-not-best-prevblk" || reason == "duplicate") co_return;
    }
    proving_ = false;
    if (!reason.empty()) {
        refused_source_ = source;
        log::error("coinbase_refused", {{"by", judge},
                                        {"reason", reason},
                                        {"remedy",
                                         "no work is handed out; check "
                                         "payout address and tag"}});
        templates_.Add({{"node", watches_[node]->name()}, {"result", "coinbase_refused"}}).Increment();
        co_return;
    }
    log::info("coinbase_proven",
              {{"by", judge}, {"height", source->work.height}, {"extranonce_bytes", extranonce_bytes}});
    proven_.insert(key);
    reconsider();
    tell_flow();  // the first work: miners are let in now, not at the next tick
}

void NodeDesk::propose(OutgoingBlockPtr block, Nodes::OnJudgement on_answer) {
    spawn(control_, judge(shared_from_this(), std::move(block), std::move(on_answer)), "proposal");
}

asio::awaitable<void> NodeDesk::judge([[maybe_unused]] std::shared_ptr<NodeDesk> self, OutgoingBlockPtr block,
                                      Nodes::OnJudgement on_answer) {
    if (stopped_ || !current_) {
        on_answer(std::nullopt);
        co_return;
    }
    const auto answer = co_await watches_[*current_]->client().propose(block);
    if (!answer)
        log::warn("proposal_not_answered",
                  {{"node", watches_[*current_]->name()}, {"reason", answer.error().detail}});
    on_answer(answer ? std::optional(*answer) : std::nullopt);
}

void NodeDesk::publish(std::size_t node, stratum::Template work, steady_clock::time_point received_at) {
    const bool new_tip = !published_ || published_->previous != work.previous;
    work.number = next_number_++;
    work.node = watches_[node]->name();
    work.received_at = received_at;
    current_ = node;
    if (work.early) published_source_.reset();
    published_ = std::make_shared<const stratum::Template>(std::move(work));
    if (new_tip) sender_.tip_moved();
    if (events_.on_template) events_.on_template(published_);
    if (!new_tip) return;
    log::info("tip", {{"height", published_->height - 1},
                      {"hash", stratum::displayed(published_->previous)},
                      {"node", published_->node},
                      {"early", published_->early},
                      {"transactions", published_->transactions.size()}});
}

void NodeDesk::tell_flow() {
    const bool flows = published_ && std::any_of(watches_.begin(), watches_.end(),
                                                 [](const auto& watch) { return watch->well_lately(); });
    if (flowing_ == flows) return;
    flowing_ = flows;
    if (events_.on_flow) events_.on_flow(flows);
}

}  // namespace server::node

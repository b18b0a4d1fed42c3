#include "server/node/node_watch.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "server/task.h"

namespace server::node {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A node that has an open longpoll answers it on a new tip by itself; asking too would make it build the
// template twice.
constexpr milliseconds longpoll_grace{500};
// Longpolls end by an answer. A deadline of minutes would leave the node a waiting thread behind each time.
constexpr milliseconds longpoll_deadline{3'600'000};
constexpr seconds longpoll_dead_after{2};  // a template for a new tip came the other way so long ago
constexpr int template_timeouts = 3;       // a full template takes longer than a small answer

}  // namespace

NodeWatch::NodeWatch(asio::any_io_executor executor, NodeWatchOptions options,
                     std::unique_ptr<NodeClient> client, NodeWatchEvents events)
    : executor_(executor),
      options_(std::move(options)),
      client_(std::move(client)),
      events_(std::move(events)),
      fetch_timer_(executor),
      fetch_due_(Clock::now()) {}

void NodeWatch::start() {
    const auto self = shared_from_this();
    spawn(executor_, poll(self), "node_poll", Vital::yes);
    spawn(executor_, longpoll(self), "node_longpoll", Vital::yes);
    spawn(executor_, fetch(self), "node_fetch", Vital::yes);
}

void NodeWatch::stop() {
    stopped_ = true;
    client_->close();
    fetch_timer_.cancel();
    for (auto* timer : pauses_) timer->cancel();
}

asio::awaitable<void> NodeWatch::pause(milliseconds duration) {
    if (stopped_) co_return;
    asio::steady_timer timer(executor_, duration);
    pauses_.insert(&timer);
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    pauses_.erase(&timer);
}

asio::awaitable<void> NodeWatch::poll([[maybe_unused]] std::shared_ptr<NodeWatch> self) {
    while (!stopped_) {
        const auto info = co_await client_->chain_info();
        if (stopped_) co_return;
        if (info) {
            seen_.poll_error.reset();
            if (!seen_.identified) co_await identify(*info);
            if (stopped_) co_return;
            if (seen_.identified) take_info(*info);
        } else {
            seen_.poll_error = info.error();
            seen_.identified = false;  // what comes back may be another node
        }
        end_dead_longpoll();
        co_await pause(options_.poll_interval);
    }
}

asio::awaitable<void> NodeWatch::identify(ChainInfo info) {
    const auto genesis = co_await client_->block_hash(0);
    if (!genesis) {
        seen_.poll_error = genesis.error();
        co_return;
    }
    seen_.wrong_chain = wrong_chain(info.chain, *genesis, options_.network);
    seen_.identified = seen_.wrong_chain.empty();
    if (!seen_.identified) {
        latest_.reset();
        co_return;
    }
    fetch_at(Clock::now());
    for (auto* timer : pauses_) timer->cancel();
}

void NodeWatch::take_info(const ChainInfo& info) {
    seen_.height = info.height;
    seen_.headers = info.headers;
    seen_.initial_download = info.initial_download;
    hear_tip(info.tip);
}

void NodeWatch::hear_tip(const stratum::Hash256& tip) {
    if (tip_ == tip || !seen_.identified) return;
    tip_ = tip;
    tip_at_ = Clock::now();
    if (latest_ && latest_->work.previous == tip) return;
    fetch_at(Clock::now() + (longpoll_base_ ? longpoll_grace : milliseconds{0}));
    events_.on_tip(tip);
}

void NodeWatch::fetch_at(Clock::time_point at) {
    fetch_due_ = at;
    fetch_timer_.cancel();
}

asio::awaitable<void> NodeWatch::fetch([[maybe_unused]] std::shared_ptr<NodeWatch> self) {
    while (!stopped_) {
        if (Clock::now() < fetch_due_ || !seen_.identified) {
            fetch_timer_.expires_at(seen_.identified ? fetch_due_ : Clock::now() + options_.poll_interval);
            boost::system::error_code ignored;
            co_await fetch_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
            continue;
        }
        // Next time if this one fails; a template moves it on.
        fetch_due_ = Clock::now() + options_.poll_interval;
        take(co_await client_->block_template("", template_timeouts * options_.rpc_timeout));
    }
}

asio::awaitable<void> NodeWatch::longpoll([[maybe_unused]] std::shared_ptr<NodeWatch> self) {
    while (!stopped_) {
        if (!seen_.identified || !latest_ || latest_->longpollid.empty()) {
            co_await pause(options_.poll_interval);
            continue;
        }
        longpoll_base_ = latest_->work.previous;
        auto offered = co_await client_->block_template(latest_->longpollid, longpoll_deadline);
        longpoll_base_.reset();
        if (!offered && offered.error().failure == NodeFailure::silent) continue;
        const bool failed = !offered;
        take(std::move(offered));
        if (failed) co_await pause(options_.poll_interval);
    }
}

// A connection whose other end vanished without a word would wait for an hour.
void NodeWatch::end_dead_longpoll() {
    if (!longpoll_base_ || !latest_ || latest_->work.previous == *longpoll_base_) return;
    if (Clock::now() - latest_at_ > longpoll_dead_after) client_->end_longpoll();
}

void NodeWatch::take(NodeResult<NodeTemplate> offered) {
    if (stopped_ || !seen_.identified) return;
    if (!offered) {
        seen_.template_error = offered.error();
        // A longpoll's failure would be the last word until the next refresh.
        fetch_at(Clock::now() + options_.poll_interval);
        if (offered.error().failure == NodeFailure::bad_template)
            events_.on_template_refused(offered.error());
        return;
    }
    seen_.template_error.reset();
    if (!latest_ || offered->work.previous != latest_->work.previous) seen_.distrusted.clear();
    latest_at_ = Clock::now();
    latest_ = std::make_shared<const NodeTemplate>(std::move(*offered));
    fetch_at(latest_at_ + options_.template_interval);
    events_.on_template();
}

bool NodeWatch::judge_now(std::uint32_t height_elsewhere) {
    const auto now = Clock::now();
    const auto whole = [](auto duration) { return std::chrono::duration_cast<seconds>(duration); };
    seen_.height_elsewhere = height_elsewhere;
    if (seen_.height >= height_elsewhere)
        behind_since_.reset();
    else if (!behind_since_)
        behind_since_ = now;
    seen_.behind_for = behind_since_ ? whole(now - *behind_since_) : seconds{0};
    seen_.template_age = latest_ ? std::optional(whole(now - latest_at_)) : std::nullopt;
    const bool waits = tip_ && latest_ && latest_->work.previous != *tip_ && latest_at_ < tip_at_;
    seen_.tip_without_template = waits ? whole(now - tip_at_) : seconds{0};
    auto judgement = judge(seen_, options_.limits);
    if (judgement.state == NodeState::healthy) healthy_at_ = now;
    if (judgement == judgement_) return false;
    judgement_ = std::move(judgement);
    return true;
}

bool NodeWatch::well_lately() const {
    if (judgement_.state == NodeState::wrong_chain || !latest_) return false;
    return judgement_.state == NodeState::healthy ||
           Clock::now() - healthy_at_ <= options_.limits.stalled_after;
}

}  // namespace server::node

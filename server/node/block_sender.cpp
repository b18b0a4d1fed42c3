#include "server/node/block_sender.h"

#include <algorithm>
#include <utility>

#include <prometheus/registry.h>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "server/log.h"
#include "server/task.h"
#include "server/thread.h"
#include "stratum/coinbase.h"

namespace server::node {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using stratum::Hash256;

constexpr milliseconds retry_first{250};
constexpr milliseconds retry_longest{15'000};
constexpr milliseconds send_again_after{30'000};    // a block that no chain knows although nodes answered
constexpr std::chrono::hours unknown_for_good{24};  // a hash without bytes that no node ever knew

// BIP22's answers that are no refusal. The rest is a reason.
std::string result_of(const std::string& answer) {
    if (answer.empty()) return "accepted";
    if (answer == "duplicate" || answer == "inconclusive") return answer;
    if (answer == "duplicate-inconclusive") return "inconclusive";
    return "rejected";
}

OutgoingBlockPtr outgoing(const BlockCandidate& candidate) {
    const auto& work = *candidate.work;
    std::optional<ProviderSolution> solution;
    if (work.origin)
        solution = ProviderSolution{work.node, *work.origin, candidate.header,
                                    stratum::coinbase_for_block(work, candidate.coinbase)};
    return std::make_shared<OutgoingBlock>(
        candidate.hash, stratum::assemble_block(work, candidate.header, candidate.coinbase),
        std::move(solution));
}

}  // namespace

BlockSender::BlockSender(BlockSenderOptions options, std::function<void(BlockNews)> on_news,
                         prometheus::Registry& registry)
    : options_(std::move(options)),
      on_news_(std::move(on_news)),
      submissions_(prometheus::BuildCounter()
                       .Name("hashyard_block_submissions_total")
                       .Help("Blocks sent to nodes, by node and by what came of the call.")
                       .Register(registry)),
      files_(options_.folder) {}

BlockSender::~BlockSender() { stop(); }

void BlockSender::start(std::vector<Node> nodes) {
    nodes_ = std::move(nodes);
    for (const auto& node : nodes_) submissions_.Add({{"node", node.name}, {"result", "accepted"}});
    asio::post(io_, [this] { reopen_files(); });
    spawn(io_.get_executor(), look_after_blocks(), "blocks", Vital::yes);
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        spawn(io_.get_executor(), keep_warm(i), "block_connections", Vital::yes);
    thread_ = std::thread([this] {
        name_thread("blocks");
        io_.run();
    });
}

void BlockSender::stop() {
    if (!thread_.joinable()) return;
    asio::post(io_, [this] {
        stopping_ = true;
        busy_.reset();
        look_timer_.cancel();
        for (auto* timer : pauses_) timer->cancel();
        for (const auto& node : nodes_) node.client->close();
    });
    thread_.join();
    disk_.join();
}

void BlockSender::submit(BlockCandidate candidate) {
    asio::post(io_, [this, candidate = std::move(candidate)] { accept(candidate); });
}

void BlockSender::watch(std::vector<Hash256> hashes) {
    asio::post(io_, [this, hashes = std::move(hashes)] {
        for (const auto& hash : hashes) {
            if (watched_.size() >= watched_blocks_max || is_open(hash)) continue;
            watched_[hash].since = steady_clock::now();
        }
        look_soon();
    });
}

void BlockSender::tip_moved() {
    asio::post(io_, [this] { look_soon(); });
}

void BlockSender::look_soon() {
    look_again_ = true;
    look_timer_.cancel();
}

void BlockSender::accept(const BlockCandidate& candidate) {
    if (is_open(candidate.hash) && watched_[candidate.hash].block) return;
    const auto block = outgoing(candidate);
    files_.write(candidate.hash, block->bytes());
    auto& watched = watched_[candidate.hash];
    watched.block = block;
    watched.height = candidate.work->height;
    watched.since = steady_clock::now();
    send_to_all(block);
    asio::post(disk_, [this, hash = candidate.hash] { files_.sync(hash); });
    log::info("block_found",
              {{"hash", stratum::displayed(candidate.hash)}, {"height", candidate.work->height}});
    on_news_({candidate.hash, BlockState::submitted, 0, {}, "sent to every node"});
    look_soon();
}

void BlockSender::reopen_files() {
    for (auto& stored : files_.open_blocks()) {
        auto& watched = watched_[stored.hash];
        if (watched.block) continue;
        watched.block = std::make_shared<OutgoingBlock>(stored.hash, std::move(stored.bytes));
        watched.height = stored.height;
        watched.since = steady_clock::now();
        log::info("block_reopened", {{"hash", stratum::displayed(stored.hash)}, {"height", stored.height}});
    }
    look_soon();
}

void BlockSender::send_to_all(const OutgoingBlockPtr& block) {
    watched_[block->hash()].sent_at = steady_clock::now();
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        spawn(io_.get_executor(), deliver(block, i), "block_delivery", Vital::yes);
}

bool BlockSender::is_open(const Hash256& hash) const { return watched_.contains(hash); }

asio::awaitable<void> BlockSender::pause(milliseconds duration) {
    if (stopping_) co_return;
    asio::steady_timer timer(io_, duration);
    pauses_.insert(&timer);
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    pauses_.erase(&timer);
}

// Sends until the node has answered, or until some chain holds the block.
asio::awaitable<void> BlockSender::deliver(OutgoingBlockPtr block, std::size_t node) {
    auto wait = retry_first;
    while (!stopping_) {
        const auto answer = co_await nodes_[node].client->submit(block);
        if (stopping_) co_return;
        record(*block, node, answer);
        if (answer.has_value()) break;
        co_await pause(wait);
        wait = std::min(2 * wait, retry_longest);
        const auto watched = watched_.find(block->hash());
        if (watched == watched_.end() || watched->second.state != BlockState::submitted) co_return;
    }
    look_soon();
}

void BlockSender::record(const OutgoingBlock& block, std::size_t node,
                         const NodeResult<std::string>& answer) {
    const auto& name = nodes_[node].name;
    const std::string result = answer ? result_of(*answer) : name_of(answer.error().failure);
    submissions_.Add({{"node", name}, {"result", result}}).Increment();
    const auto level = result == "rejected" ? log::Level::error
                       : answer             ? log::Level::info
                                            : log::Level::warn;
    log::write(level, "block_submission",
               {{"hash", stratum::displayed(block.hash())},
                {"node", name},
                {"result", result},
                {"reason", answer ? *answer : answer.error().detail}});
}

asio::awaitable<void> BlockSender::keep_warm(std::size_t node) {
    while (!stopping_) {
        static_cast<void>(co_await nodes_[node].client->chain_info());
        co_await pause(options_.warm_interval);
    }
}

bool BlockSender::is_due(const Watched& watched, bool all) const {
    if (all || watched.first_look || watched.state == BlockState::submitted) return true;
    return steady_clock::now() - watched.looked_at >= options_.idle_look_interval;
}

asio::awaitable<void> BlockSender::look_after_blocks() {
    while (!stopping_) {
        std::vector<Hash256> due;
        const bool all = std::exchange(look_again_, false);
        for (const auto& [hash, watched] : watched_)
            if (is_due(watched, all)) due.push_back(hash);
        for (const auto& hash : due)
            if (!stopping_) co_await look_at(hash);
        if (stopping_ || look_again_) continue;
        look_timer_.expires_after(options_.look_interval);
        boost::system::error_code ignored;
        co_await look_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

// The answer of the node whose chain holds the block deepest; a node that never saw it says nothing against
// the others.
asio::awaitable<BlockSender::Sighting> BlockSender::find(Hash256 hash) {
    Sighting best;
    for (std::size_t i = 0; i < nodes_.size() && !stopping_; ++i) {
        const auto header = co_await nodes_[i].client->block_header(hash);
        if (!header) {
            const bool unknown = header.error().failure == NodeFailure::not_found;
            if (unknown && best.kind == Sighting::Kind::no_answer) best = {Sighting::Kind::unknown, {}, i};
            continue;
        }
        if (header->hash != hash) continue;
        if (best.kind != Sighting::Kind::known || header->confirmations > best.header.confirmations)
            best = {Sighting::Kind::known, *header, i};
    }
    co_return best;
}

asio::awaitable<std::uint32_t> BlockSender::tip_height(std::size_t node) {
    const auto info = co_await nodes_[node].client->chain_info();
    co_return info ? info->height : 0;
}

asio::awaitable<void> BlockSender::look_at(Hash256 hash) {
    const auto seen = co_await find(hash);
    if (stopping_ || !is_open(hash) || seen.kind == Sighting::Kind::no_answer) co_return;
    auto& watched = watched_[hash];
    watched.first_look = false;
    watched.looked_at = steady_clock::now();
    if (seen.kind == Sighting::Kind::unknown) {
        co_await judge_unknown(hash, seen.node);
        co_return;
    }
    watched.height = seen.header.height;
    const auto confirmations = seen.header.confirmations;
    if (confirmations >= confirmations_mature) {
        files_.settle(hash, name_of(BlockState::mature));
        change(hash, BlockState::mature, static_cast<std::uint32_t>(confirmations), seen.node, "");
        watched_.erase(hash);
    } else if (confirmations >= 1) {
        change(hash, BlockState::immature, static_cast<std::uint32_t>(confirmations), seen.node,
               "in the chain");
    } else {
        co_await judge_beside(hash, seen);
    }
}

// Known and not in the chain: passed over, unless the node is still about to take it.
asio::awaitable<void> BlockSender::judge_beside(Hash256 hash, Sighting seen) {
    const auto tip = co_await tip_height(seen.node);
    if (stopping_ || !is_open(hash)) co_return;
    if (watched_[hash].state == BlockState::submitted && tip < seen.header.height) co_return;
    change(hash, BlockState::orphaned, 0, seen.node, "another block took its place");
    if (tip >= seen.header.height + confirmations_mature) settle(hash, BlockState::orphaned);
}

asio::awaitable<void> BlockSender::judge_unknown(Hash256 hash, std::size_t node) {
    const auto tip = co_await tip_height(node);
    if (stopping_ || !is_open(hash)) co_return;
    auto& watched = watched_[hash];
    const bool too_late = watched.height > 0 ? tip >= watched.height + confirmations_mature
                                             : steady_clock::now() - watched.since >= unknown_for_good;
    if (too_late) {
        change(hash, BlockState::orphaned, 0, node, "no node knows it");
        settle(hash, BlockState::orphaned);
        co_return;
    }
    change(hash, BlockState::submitted, 0, node, "no node knows it yet");
    if (watched.block && steady_clock::now() - watched.sent_at >= send_again_after)
        send_to_all(watched.block);
}

void BlockSender::change(const Hash256& hash, BlockState state, std::uint32_t confirmations, std::size_t node,
                         std::string detail) {
    auto& watched = watched_[hash];
    if (watched.state == state && watched.confirmations == confirmations) return;
    const bool same_state = watched.state == state;
    watched.state = state;
    watched.confirmations = confirmations;
    if (same_state) return on_news_({hash, state, confirmations, nodes_[node].name, std::move(detail)});
    log::write(state == BlockState::orphaned ? log::Level::warn : log::Level::info, "block_state",
               {{"hash", stratum::displayed(hash)},
                {"state", name_of(state)},
                {"confirmations", confirmations},
                {"node", nodes_[node].name}});
    on_news_({hash, state, confirmations, nodes_[node].name, std::move(detail)});
}

void BlockSender::settle(const Hash256& hash, BlockState state) {
    files_.settle(hash, name_of(state));
    watched_.erase(hash);
}

}  // namespace server::node

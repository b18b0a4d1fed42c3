#pragma once
// Takes found blocks to the nodes and follows them until the chain has decided. A thread of its own, so that
// no template being parsed delays a block. The file is written first, then every node is sent to at once;
// unknown outcomes are tried again. A block's fate is what nodes' chains say about its hash, never what
// submitblock answered.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "server/node/block_files.h"
#include "server/node/node_client.h"
#include "server/node/nodes.h"

namespace server::node {

inline constexpr std::uint32_t confirmations_mature = 100;
inline constexpr std::size_t watched_blocks_max = 10'000;

struct BlockSenderOptions {
    std::filesystem::path folder;
    std::chrono::milliseconds look_interval{1000};         // at blocks no chain has yet
    std::chrono::milliseconds idle_look_interval{30'000};  // at blocks whose chain has not moved
    std::chrono::milliseconds warm_interval{
        10'000};  // keeps connections open: nodes close idle ones after 30 s
};

class BlockSender {
  public:
    struct Node {
        std::string name;
        std::unique_ptr<NodeClient> client;  // made for executor()
    };

    // `on_news` is called on the block thread.
    BlockSender(BlockSenderOptions options, std::function<void(BlockNews)> on_news,
                prometheus::Registry& registry);
    ~BlockSender();
    BlockSender(const BlockSender&) = delete;
    BlockSender& operator=(const BlockSender&) = delete;

    [[nodiscard]] boost::asio::any_io_executor executor() { return io_.get_executor(); }
    void start(std::vector<Node> nodes);
    void stop();  // ends calls, joins the thread
    // Any thread.
    void submit(BlockCandidate candidate);
    void watch(std::vector<stratum::Hash256> hashes);
    void tip_moved();

  private:
    struct Watched {
        OutgoingBlockPtr block;  // null when only the hash is known
        std::uint32_t height = 0;
        BlockState state = BlockState::submitted;
        std::uint32_t confirmations = 0;  // as last told
        std::chrono::steady_clock::time_point since;
        std::chrono::steady_clock::time_point sent_at;
        std::chrono::steady_clock::time_point looked_at;
        bool first_look = true;
    };
    struct Sighting {
        enum class Kind { no_answer, unknown, known } kind = Kind::no_answer;
        BlockHeader header;
        std::size_t node = 0;
    };

    void accept(const BlockCandidate& candidate);
    void reopen_files();
    void send_to_all(const OutgoingBlockPtr& block);
    boost::asio::awaitable<void> deliver(OutgoingBlockPtr block, std::size_t node);
    void record(const OutgoingBlock& block, std::size_t node, const NodeResult<std::string>& answer);
    boost::asio::awaitable<void> pause(std::chrono::milliseconds duration);
    boost::asio::awaitable<void> look_after_blocks();
    boost::asio::awaitable<void> keep_warm(std::size_t node);
    boost::asio::awaitable<void> look_at(stratum::Hash256 hash);
    boost::asio::awaitable<Sighting> find(stratum::Hash256 hash);
    boost::asio::awaitable<std::uint32_t> tip_height(std::size_t node);
    void look_soon();
    [[nodiscard]] bool is_due(const Watched& watched, bool all) const;
    [[nodiscard]] bool is_open(const stratum::Hash256& hash) const;
    boost::asio::awaitable<void> judge_beside(stratum::Hash256 hash, Sighting seen);
    boost::asio::awaitable<void> judge_unknown(stratum::Hash256 hash, std::size_t node);
    void change(const stratum::Hash256& hash, BlockState state, std::uint32_t confirmations, std::size_t node,
                std::string detail);
    void settle(const stratum::Hash256& hash, BlockState state);

    const BlockSenderOptions options_;
    const std::function<void(BlockNews)> on_news_;
    prometheus::Family<prometheus::Counter>& submissions_;
    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> busy_{io_.get_executor()};
    boost::asio::thread_pool disk_{1};  // fsync
    BlockFiles files_;
    std::vector<Node> nodes_;
    std::map<stratum::Hash256, Watched> watched_;
    boost::asio::steady_timer look_timer_{io_};
    std::set<boost::asio::steady_timer*> pauses_;  // cancelled by stop()
    bool look_again_ = true;                       // something happened since the last look began
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace server::node

#include "server/node/zmq_listener.h"

#include <zmq.h>

#include <algorithm>
#include <array>

#include "server/log.h"
#include "server/thread.h"

namespace server::node {
namespace {

constexpr std::string_view topic = "hashblock";
constexpr int messages_max = 1000;  // waiting in libzmq; blocks come one in minutes
constexpr int reconnect_longest_ms = 5000;
constexpr int heartbeat_ms = 10'000;  // finds connections that died without a word
constexpr std::int64_t message_bytes_max = 1024;

}  // namespace

ZmqListener::ZmqListener(std::vector<ZmqSource> sources,
                         std::function<void(std::size_t, stratum::Hash256)> on_block)
    : sources_(std::move(sources)), on_block_(std::move(on_block)), context_(zmq_ctx_new()) {
    thread_ = std::thread([this] {
        name_thread("zmq");
        run();
    });
}

ZmqListener::~ZmqListener() { stop(); }

void ZmqListener::stop() {
    if (!thread_.joinable()) return;
    zmq_ctx_shutdown(context_);  // ends every wait with ETERM
    thread_.join();
    zmq_ctx_term(context_);
}

void* ZmqListener::open(const ZmqSource& source) {
    void* socket = zmq_socket(context_, ZMQ_SUB);
    if (socket == nullptr) return nullptr;
    constexpr int no_linger = 0;
    zmq_setsockopt(socket, ZMQ_SUBSCRIBE, topic.data(), topic.size());
    zmq_setsockopt(socket, ZMQ_RCVHWM, &messages_max, sizeof messages_max);
    zmq_setsockopt(socket, ZMQ_RECONNECT_IVL_MAX, &reconnect_longest_ms, sizeof reconnect_longest_ms);
    zmq_setsockopt(socket, ZMQ_HEARTBEAT_IVL, &heartbeat_ms, sizeof heartbeat_ms);
    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &message_bytes_max, sizeof message_bytes_max);
    zmq_setsockopt(socket, ZMQ_LINGER, &no_linger, sizeof no_linger);
    if (zmq_connect(socket, source.endpoint.c_str()) == 0) return socket;
    log::error("zmq_endpoint_refused",
               {{"endpoint", source.endpoint}, {"reason", zmq_strerror(zmq_errno())}});
    zmq_close(socket);
    return nullptr;
}

void ZmqListener::run() {
    std::vector<zmq_pollitem_t> items;
    std::vector<std::size_t> nodes;
    for (const auto& source : sources_) {
        void* socket = open(source);
        if (socket == nullptr) continue;
        items.push_back({socket, 0, ZMQ_POLLIN, 0});
        nodes.push_back(source.node);
    }
    while (!items.empty() && zmq_poll(items.data(), static_cast<int>(items.size()), -1) >= 0)
        for (std::size_t i = 0; i < items.size(); ++i)
            if ((items[i].revents & ZMQ_POLLIN) != 0) receive(items[i].socket, nodes[i]);
    for (const auto& item : items) zmq_close(item.socket);
}

// Parts: topic, hash in displayed order (32 bytes), sequence number. Anything else is skipped.
void ZmqListener::receive(void* socket, std::size_t node) {
    std::array<std::uint8_t, 64> part{};
    stratum::Hash256 hash;
    bool known_topic = false;
    int more = 1;
    for (int index = 0; more != 0; ++index) {
        const int bytes = zmq_recv(socket, part.data(), part.size(), ZMQ_DONTWAIT);
        if (bytes < 0) return;
        if (index == 0)
            known_topic = std::string_view(
                              reinterpret_cast<const char*>(part.data()),
                              std::min<std::size_t>(static_cast<std::size_t>(bytes), part.size())) == topic;
        if (index == 1 && bytes == 32) std::reverse_copy(part.begin(), part.begin() + 32, hash.bytes.begin());
        if (index == 1 && bytes != 32) known_topic = false;
        std::size_t size = sizeof more;
        if (zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size) != 0) return;
    }
    if (known_topic && hash != stratum::Hash256{}) on_block_(node, hash);
}

}  // namespace server::node

#pragma once
// Hears new blocks from nodes' ZMQ publishers ("hashblock"). A thread of its own, blocked in libzmq, which
// reconnects by itself.

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "stratum/bytes.h"

namespace server::node {

struct ZmqSource {
    std::size_t node = 0;
    std::string endpoint;  // tcp://host:port
};

class ZmqListener {
  public:
    // `on_block` is called on the listener's thread.
    ZmqListener(std::vector<ZmqSource> sources,
                std::function<void(std::size_t node, stratum::Hash256 hash)> on_block);
    ~ZmqListener();
    ZmqListener(const ZmqListener&) = delete;
    ZmqListener& operator=(const ZmqListener&) = delete;
    void stop();

  private:
    void* open(const ZmqSource& source);
    void run();
    void receive(void* socket, std::size_t node);

    const std::vector<ZmqSource> sources_;
    const std::function<void(std::size_t, stratum::Hash256)> on_block_;
    void* context_;
    std::thread thread_;
};

}  // namespace server::node

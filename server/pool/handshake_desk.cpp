#include "server/pool/handshake_desk.h"

#include <utility>

#include "server/thread.h"

namespace server::pool {
namespace {
constexpr std::chrono::minutes look_every{1};
constexpr std::chrono::milliseconds wait_max{250};
}  // namespace

HandshakeDesk::HandshakeDesk(IdentityKeeper& identity, stratum::v2::RandomSource random)
    : identity_(identity), random_(std::move(random)) {
    stock_.reserve(stock_max);  // never moved: keys are not left behind in freed memory
}

bool HandshakeDesk::ask(const HandshakeOrder& order, HandshakeAsker& asker) {
    return waiting_.push({order, &asker});
}

void HandshakeDesk::start() {
    thread_ = std::thread([this] {
        name_thread("handshake");
        run_after_shards();  // a storm of connections takes nothing from those that mine
        run();
    });
}

void HandshakeDesk::stop() {
    stopping_.store(true, std::memory_order_release);
    waiting_.close();
    if (thread_.joinable()) thread_.join();
}

void HandshakeDesk::run() {
    auto looked_at = std::chrono::steady_clock::now();
    while (!stopping_.load(std::memory_order_acquire)) {
        const bool stocked = stock_.size() >= stock_max;
        const auto batch = waiting_.take_all(stocked ? wait_max : std::chrono::milliseconds(0));
        const auto identity = identity_.current();
        for (const auto& waiting : batch) {
            if (stopping_.load(std::memory_order_acquire)) return;
            answer(waiting, *identity);
        }
        if (batch.empty() && !stocked) stock_.push_back(stratum::v2::make_key_pair(random_));
        if (std::chrono::steady_clock::now() - looked_at < look_every) continue;
        looked_at = std::chrono::steady_clock::now();
        identity_.look(std::chrono::system_clock::now());
    }
}

void HandshakeDesk::answer(const Waiting& waiting, const ServerIdentity& identity) {
    if (stock_.empty()) stock_.push_back(stratum::v2::make_key_pair(random_));
    const auto& order = waiting.order;
    HandshakeReply reply{order.connection, order.peer, order.asked_at,
                         respond(order.act1, stock_.back(), identity.key, identity.certificate)};
    stock_.pop_back();
    waiting.asker->on_handshake(std::move(reply));
}

}  // namespace server::pool

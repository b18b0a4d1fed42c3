#include "server/bounded_queue.h"

#include <memory>
#include <thread>

#include "tests/catch.h"

using namespace std::chrono_literals;
using server::BoundedQueue;

TEST_CASE("A full queue refuses and keeps what it has") {
    BoundedQueue<int> queue(2);
    CHECK(queue.push(1));
    CHECK(queue.push(2));
    CHECK_FALSE(queue.push(3));
    CHECK(queue.take_all(0ms) == std::vector{1, 2});
    CHECK(queue.push(4));
}

TEST_CASE("A closed queue refuses new items, gives out the old ones and does not wait") {
    BoundedQueue<std::unique_ptr<int>> queue(8);
    CHECK(queue.push(std::make_unique<int>(7)));
    queue.close();
    CHECK(queue.closed());
    CHECK_FALSE(queue.push(std::make_unique<int>(8)));
    const auto items = queue.take_all(1h);
    REQUIRE(items.size() == 1);
    CHECK(*items[0] == 7);
    CHECK(queue.take_all(1h).empty());
}

TEST_CASE("An empty queue answers with nothing when the wait is over") {
    BoundedQueue<int> queue(1);
    CHECK(queue.take_all(1ms).empty());
}

TEST_CASE("Items of several producers arrive once each and in each producer's order") {
    constexpr int producers = 3;
    constexpr int each = 2000;
    BoundedQueue<std::pair<int, int>> queue(64);
    std::vector<std::thread> threads;
    for (int producer = 0; producer < producers; ++producer)
        threads.emplace_back([&queue, producer] {
            for (int i = 0; i < each; ++i)
                while (!queue.push({producer, i})) std::this_thread::yield();
        });
    std::vector<int> next(producers, 0);
    bool ordered = true;
    for (int taken = 0; taken < producers * each;) {
        for (const auto& [producer, i] : queue.take_all(1h)) {
            ordered = ordered && next[static_cast<std::size_t>(producer)]++ == i;
            ++taken;
        }
    }
    for (auto& thread : threads) thread.join();
    CHECK(ordered);
    CHECK(queue.take_all(0ms).empty());
}

#pragma once
// The one queue between threads: several producers, one consumer, a fixed maximum. push() never blocks; it
// tells when full.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace server {

template <typename T>
class BoundedQueue {
  public:
    explicit BoundedQueue(std::size_t items_max) : items_max_(items_max) {}

    // False when the queue is full or closed; the item is dropped and the caller decides what that means.
    [[nodiscard]] bool push(T item) {
        {
            const std::lock_guard lock(mutex_);
            if (closed_ || items_.size() >= items_max_) return false;
            items_.push_back(std::move(item));
        }
        ready_.notify_one();
        return true;
    }

    // All items there are, at once; waits up to `wait` for the first.
    std::vector<T> take_all(std::chrono::milliseconds wait) {
        std::unique_lock lock(mutex_);
        ready_.wait_for(lock, wait, [this] { return closed_ || !items_.empty(); });
        std::vector<T> out(std::make_move_iterator(items_.begin()), std::make_move_iterator(items_.end()));
        items_.clear();
        return out;
    }

    void close() {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        ready_.notify_all();
    }
    [[nodiscard]] bool closed() const {
        const std::lock_guard lock(mutex_);
        return closed_;
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<T> items_;
    const std::size_t items_max_;
    bool closed_ = false;
};

}  // namespace server

#pragma once
// The newest of a value that one thread replaces as a whole and others read: a template, a status, a set of
// names. Any thread. Not std::atomic<std::shared_ptr>: in libstdc++ 12 its load() gives its lock back with
// memory_order_relaxed, so the next store() races with what the reader just did (ThreadSanitizer tells it).
// That one spins on its own lock; here a waiter sleeps.

#include <memory>
#include <mutex>
#include <utility>

namespace server {

template <typename T>
class Latest {
  public:
    void store(std::shared_ptr<const T> value) {
        const std::lock_guard lock(mutex_);
        value_.swap(value);
    }  // what was there ends here, behind the lock

    // Null until something was stored.
    [[nodiscard]] std::shared_ptr<const T> load() const {
        const std::lock_guard lock(mutex_);
        return value_;
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const T> value_;
};

}  // namespace server

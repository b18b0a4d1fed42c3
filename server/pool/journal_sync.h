#pragma once
// The thread `journal-sync`: brings what the shards have written to the disk itself, every interval and on
// request. The object belongs to main; start() and stop() are its calls. request() is for any thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "server/bounded_queue.h"
#include "server/pool/journal.h"

namespace server::pool {

class JournalSync {
  public:
    // The writers outlive this object.
    JournalSync(std::vector<JournalWriter*> writers, std::chrono::milliseconds interval);
    ~JournalSync();
    JournalSync(const JournalSync&) = delete;
    JournalSync& operator=(const JournalSync&) = delete;

    void start();
    // One last round, then the thread ends. Requests still open are answered.
    void stop();

    // Called on the sync thread after a round that began behind this request: post from it, do no work in it.
    // ok: everything written before the request is on disk. Requests of all shards share one round (group
    // commit).
    using Done = std::function<void(bool ok)>;
    // False when stopped or when requests_max are waiting; Done is then never called.
    [[nodiscard]] bool request(unsigned shard, Done done);

    // Rounds are told here: how long the slowest one took since the last call, for metrics. Any thread.
    [[nodiscard]] std::chrono::microseconds take_slowest_round();

  private:
    struct Request {
        unsigned shard;
        Done done;
    };
    struct Shard {
        JournalWriter* writer;
        std::vector<JournalWriter::SyncFilePtr> files;  // oldest first; the last is the one being written
        std::size_t named = 0;                          // how many of them have their name on disk
    };
    void run();
    void round();
    static bool sync(Shard& shard);

    std::vector<Shard> shards_;
    const std::chrono::milliseconds interval_;
    // One per shard is usual: a shard asks again only after its answer came.
    static constexpr std::size_t requests_max = 65'536;
    BoundedQueue<Request> requests_{requests_max};
    std::atomic<std::int64_t> slowest_round_us_{0};
    std::thread thread_;
};

}  // namespace server::pool

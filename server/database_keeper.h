#pragma once
// Looks after the database while the pool mines: brings the schema up to date as soon as PostgreSQL answers,
// starts the embedded cluster again when it died, reads registered names, writes reject counts. Owned by
// serve(); its thread is `keeper`.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "server/store/database.h"
#include "server/store/embedded_cluster.h"
#include "server/store/import.h"

namespace server {

struct DatabaseKeeperEvents {
    // Keeper thread, once: the schema is there.
    std::function<void()> on_ready;
    // Keeper thread: registered names, when they were read anew.
    std::function<void(std::shared_ptr<const std::unordered_set<std::string>>)> on_names;
    // Keeper thread, every round.
    std::function<void()> on_round;
    // Refused submissions since the last call, to be kept over restarts.
    std::function<std::vector<store::RejectCount>()> rejects;
};

class DatabaseKeeper {
  public:
    // `cluster` may be null: somebody else's PostgreSQL. Both outlive the keeper.
    DatabaseKeeper(store::Database& database, store::EmbeddedCluster* cluster, DatabaseKeeperEvents events);
    ~DatabaseKeeper();
    DatabaseKeeper(const DatabaseKeeper&) = delete;
    DatabaseKeeper& operator=(const DatabaseKeeper&) = delete;

    // Tries to migrate once on the caller's thread. The text is empty, or why the schema can never fit
    // (refused): do not start.
    [[nodiscard]] std::string prepare();
    [[nodiscard]] bool ready() const { return ready_.load(std::memory_order_acquire); }
    // Hands the registered names out; false when the database does not tell them now. Called before start()
    // on the caller's thread, so that the first miner finds them.
    bool read_names();
    void start();
    void stop();

  private:
    void run();
    void round();
    void write_rejects();

    store::Database& database_;
    store::EmbeddedCluster* cluster_;
    const DatabaseKeeperEvents events_;
    std::atomic<bool> ready_{false};
    bool told_away_ = false;
    std::vector<store::RejectCount>
        rejects_waiting_;  // what the database has not taken yet; at most rejects_waiting_max
    std::thread thread_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
};

}  // namespace server

#include "server/database_keeper.h"

#include <chrono>

#include "server/log.h"
#include "server/store/import.h"
#include "server/store/migrator.h"
#include "server/store/users.h"
#include "server/thread.h"

namespace server {
namespace {
constexpr std::chrono::seconds round_interval{2};
constexpr std::size_t rejects_waiting_max = 100'000;
}  // namespace

DatabaseKeeper::DatabaseKeeper(store::Database& database, store::EmbeddedCluster* cluster,
                               DatabaseKeeperEvents events)
    : database_(database), cluster_(cluster), events_(std::move(events)) {}

DatabaseKeeper::~DatabaseKeeper() { stop(); }

std::string DatabaseKeeper::prepare() {
    const auto outcome = store::migrate(database_);
    if (!outcome) {
        if (!told_away_)
            log::warn("database_away", {{"reason", outcome.error().reason},
                                        {"effect", "mining goes on; shares wait in the journal"}});
        told_away_ = true;
        return {};
    }
    if (!outcome->refused.empty()) return outcome->refused;
    for (const auto& name : outcome->applied) log::info("migration_applied", {{"name", name}});
    ready_.store(true, std::memory_order_release);
    return {};
}

void DatabaseKeeper::start() {
    thread_ = std::thread([this] { run(); });
}

void DatabaseKeeper::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void DatabaseKeeper::run() {
    name_thread("keeper");
    run_after_shards();
    bool told_ready = false;
    while (true) {
        if (cluster_ != nullptr && cluster_->ended()) {
            log::error("embedded_cluster_ended",
                       {{"remedy", "it is started again; see postgresql/server.log"}});
            if (cluster_->restart()) log::info("embedded_cluster_restarted");
        }
        if (!ready()) {
            const auto refused = prepare();
            if (!refused.empty()) log::error("schema_refused", {{"reason", refused}});
        }
        if (ready() && !told_ready) {
            told_ready = true;
            if (events_.on_ready) events_.on_ready();
        }
        round();
        std::unique_lock lock(mutex_);
        if (wake_.wait_for(lock, round_interval, [this] { return stopping_; })) break;
    }
    if (ready()) write_rejects();
}

void DatabaseKeeper::round() {
    if (events_.on_round) events_.on_round();
    if (!ready()) return;
    read_names();
    write_rejects();
}

bool DatabaseKeeper::read_names() {
    if (!events_.on_names) return true;
    const auto users = store::registered_users(database_);
    if (!users) return false;  // the names known so far stay good
    auto names = std::make_shared<std::unordered_set<std::string>>();
    for (const auto& user : *users) names->insert(user.name);
    events_.on_names(std::move(names));
    return true;
}

void DatabaseKeeper::write_rejects() {
    if (!events_.rejects) return;
    for (auto& count : events_.rejects())
        if (rejects_waiting_.size() < rejects_waiting_max) rejects_waiting_.push_back(std::move(count));
    if (!rejects_waiting_.empty() && store::record_rejects(database_, rejects_waiting_))
        rejects_waiting_.clear();
}

}  // namespace server

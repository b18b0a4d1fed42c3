#include "server/serve.h"

#include <poll.h>

#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <iostream>
#include <thread>

#include "server/accounting.h"
#include "server/database_keeper.h"
#include "server/declaration/server.h"
#include "server/greeting.h"
#include "server/http/server.h"
#include "server/http/store_statistics.h"
#include "server/live_board.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/name_file.h"
#include "server/node/nodes.h"
#include "server/pool/connection.h"
#include "server/pool/importer.h"
#include "server/pool/journal_source.h"
#include "server/pool/journals.h"
#include "server/pool/pool.h"
#include "server/random_bytes.h"
#include "server/store/blocks.h"
#include "server/store/database.h"
#include "server/store/embedded_cluster.h"
#include "server/task.h"
#include "server/thread.h"
#include "stratum/reject.h"
#include "stratum/v2/keys.h"

namespace server {
namespace {

namespace asio = boost::asio;

// One transaction under way at the stop: a batch needs a second; a server that hangs is not waited for.
constexpr std::chrono::seconds stop_database_within{15};

MetricNames metric_names() {
    MetricNames names;
    for (const auto& facts : stratum::reject_facts) names.reject_reasons.emplace_back(facts.label);
    for (std::size_t i = 0; i < pool::protocol_count; ++i)
        names.protocols.emplace_back(pool::name_of(static_cast<pool::Protocol>(i)));
    for (std::size_t i = 0; i < pool::handshake_failure_count; ++i)
        names.handshake_failures.emplace_back(pool::name_of(static_cast<pool::HandshakeFailure>(i)));
    return names;
}

// The enumerators are spelled alike; each room has its own so that neither includes the other.
store::BlockState store_state(node::BlockState state) {
    switch (state) {
        case node::BlockState::submitted:
            return store::BlockState::submitted;
        case node::BlockState::immature:
            return store::BlockState::immature;
        case node::BlockState::mature:
            return store::BlockState::mature;
        case node::BlockState::orphaned:
            return store::BlockState::orphaned;
    }
    return store::BlockState::submitted;
}

std::vector<store::RejectCount> reject_counts(const std::vector<pool::RejectNews>& news) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto bucket = std::chrono::duration_cast<std::chrono::seconds>(now).count() / store::interval_s;
    std::vector<store::RejectCount> out;
    for (const auto& one : news) {
        store::RejectCount count;
        count.bucket = static_cast<std::int32_t>(bucket);
        if (one.known_worker)
            count.worker = store::WorkerDefinition{
                one.user_kind == pool::UserKind::name ? store::UserKind::name : store::UserKind::address,
                one.user, one.worker_name};
        count.reason = facts_of(one.reason).label;
        count.count = static_cast<std::int64_t>(one.count);
        out.push_back(std::move(count));
    }
    return out;
}

// All rooms of a running server. Members stand in the order they are made; they end in the opposite one.
class Server {
  public:
    Server(const Config& config, const ServeRoles& roles)
        : config_(config),
          roles_(roles),
          metrics_(metric_names(), pool::Pool::shards_of(config.pool)),
          board_(metrics_) {}

    bool start() {
        if (!open_database()) return false;
        if (roles_.pool && !(open_journals() && open_pool())) return false;
        start_keeper();
        if (roles_.pool) start_mining();
        return !roles_.web || start_web();
    }

    // Start-up backwards: no new requests, no new shares, everything to disk, everything into the database.
    void stop() {
        if (web_database_) web_database_->hurry(stop_database_within);
        if (web_) web_->stop();
        if (declaration_) declaration_->stop();
        if (pool_) pool_->stop();
        if (journals_) journals_->stop();
        stop_control();
        if (database_) database_->hurry(stop_database_within);
        if (accounting_) accounting_->hurry(stop_database_within);
        if (keeper_) keeper_->stop();
        if (accounting_) accounting_->stop();
        if (importer_) importer_->stop();
        if (cluster_) cluster_->stop();
    }

    void say_where() const {
        Whereabouts where{config_, {}, 0, 0};
        if (pool_) where.listeners = live_listeners();
        if (web_) where.web_port = web_->port();
        if (declaration_) where.declaration_port = declaration_->port();
        print(std::cout, where);
    }

  private:
    bool refuse(const std::string& reason) {
        std::cerr << "hashyard: " << reason << std::endl;
        return false;
    }

    bool open_database() {
        auto url = config_.store.database_url;
        if (url.empty()) {
            auto cluster =
                store::EmbeddedCluster::start({config_.store.data_dir, config_.store.embedded_user});
            if (!cluster) return refuse(cluster.error().reason);
            cluster_ = std::move(*cluster);
            url = cluster_->url();
        }
        database_ = std::make_unique<store::Database>(url);
        if (roles_.pool) accounting_ = std::make_unique<Accounting>(config_, url, metrics_.registry());
        if (roles_.web) web_database_ = std::make_unique<store::Database>(url, 4, store::web_limits);
        DatabaseKeeperEvents events;
        events.on_ready = [this] { on_database_ready(); };
        events.on_round = [this] { board_.sample(std::chrono::steady_clock::now()); };
        if (roles_.pool) {
            events.on_names = [this](auto names) {
                pool_->set_names(names);
                names_.keep(std::move(names));
            };
            events.rejects = [this] { return reject_counts(pool_->take_rejects()); };
        }
        keeper_ = std::make_unique<DatabaseKeeper>(*database_, cluster_.get(), std::move(events));
        const auto refused = keeper_->prepare();
        return refused.empty() || refuse(refused);
    }

    bool open_journals() {
        pool::JournalsOptions options;
        options.folder = config_.pool.data_dir / "journal";
        options.shards = pool::Pool::shards_of(config_.pool);
        options.sync_interval = config_.pool.journal_sync_interval;
        options.writer.segment_bytes = config_.pool.journal_segment_bytes;
        auto journals = pool::Journals::open(std::move(options));
        if (!journals) return refuse(journals.error().text);
        journals_ = std::move(*journals);
        return continue_behind_database();
    }

    // A journal that was cut off behind the database's back must not use a sequence twice.
    bool continue_behind_database() {
        if (!keeper_->ready()) return true;
        const auto node = store::pool_node_id(*database_, config_.pool.node_name);
        if (!node) return true;  // away again: the importer notices the same when it comes back
        const auto state = store::import_state(*database_, *node, journals_->identity());
        if (!state) return true;
        for (std::size_t i = 0; i < journals_->size(); ++i) {
            auto& writer = journals_->writer(i);
            const auto position = state->positions.find(static_cast<std::uint16_t>(writer.shard()));
            if (position == state->positions.end()) continue;
            if (const auto error = writer.continue_after(position->second))
                return refuse("The journal " + writer.shard_folder().string() +
                              " cannot be written: " + error.message());
        }
        return true;
    }

    bool open_pool() {
        std::array<std::uint8_t, 32> blind{};
        fill_random(blind);
        stratum::v2::blind_curve(blind);  // before any thread uses the curve
        auto made = pool::Pool::open(config_.pool, *journals_, metrics_, [this](node::BlockCandidate block) {
            nodes_->submit(std::move(block));
        });
        if (!made) return refuse(made.error());
        pool_ = std::move(*made);

        std::vector<std::unique_ptr<pool::ShareSource>> sources;
        for (std::size_t i = 0; i < journals_->size(); ++i)
            sources.push_back(std::make_unique<pool::JournalSource>(journals_->writer(i)));
        pool::ImporterOptions options;
        options.node_name = config_.pool.node_name;
        options.journal = journals_->identity();
        options.rule.scheme = config_.store.scheme;
        options.rule.window_factor = static_cast<unsigned>(config_.store.window_factor);
        options.rule.fee_basis_points = static_cast<unsigned>(config_.store.fee_basis_points);
        importer_ = std::make_unique<pool::Importer>(*database_, std::move(sources), std::move(options));

        node::NodesEvents events;
        events.on_template = [this](stratum::TemplatePtr work) {
            templates_flow_.store(true, std::memory_order_relaxed);
            board_.on_template(work);
            pool_->on_template(work);
            if (declaration_) declaration_->on_template(work);
        };
        if (config_.declaration.enabled && !open_declaration()) return false;
        events.on_flow = [this](bool flow) {
            templates_flow_.store(flow, std::memory_order_relaxed);
            pool_->on_flow(flow);
        };
        events.on_block_news = [this](const node::BlockNews& news) { on_block_news(news); };
        nodes_ =
            std::make_unique<node::Nodes>(control_, config_.node, std::move(events), metrics_.registry());
        return true;
    }

    bool open_declaration() {
        declaration::Surroundings surroundings;
        surroundings.propose = [this](node::OutgoingBlockPtr block, node::Nodes::OnJudgement on_answer) {
            nodes_->propose(std::move(block), std::move(on_answer));
        };
        surroundings.submit = [this](node::BlockCandidate block) { nodes_->submit(std::move(block)); };
        surroundings.identity = [this] { return pool_->identity()->current(); };
        auto made = declaration::Server::open(config_.declaration, std::move(surroundings),
                                              pool_->declared_jobs(), metrics_.registry());
        if (!made) return refuse(made.error());
        declaration_ = std::move(*made);
        return true;
    }

    void start_keeper() {
        const bool told = keeper_->ready() && keeper_->read_names();
        if (!told && pool_) pool_->set_names(names_.read());  // those of the last run
        keeper_->start();
    }

    void start_mining() {
        journals_->start();
        pool_->start();
        nodes_->start();
        if (declaration_) declaration_->start();
        control_thread_ = std::thread([this] {
            name_thread("control");
            control_.run();
        });
    }

    // Nodes belong to the control thread, so it is that thread which stops them, as its last work.
    void stop_control() {
        if (nodes_ && control_thread_.joinable()) asio::post(control_, [this] { nodes_->stop(); });
        work_.reset();
        if (control_thread_.joinable()) control_thread_.join();
    }

    bool start_web() {
        statistics_ = http::make_store_statistics(*web_database_);
        http::Services services;
        services.live = [this] { return live(); };
        services.statistics = statistics_.get();
        services.metrics = [this](const PoolReadings& readings) { return metrics_.text(readings); };
        services.demo = config_.http.demo;
        services.reports = web_database_.get();
        services.report_token = config_.http.report_token;
        try {
            web_ = std::make_unique<http::HttpServer>(config_.http, std::move(services), metrics_.registry());
            web_->start();
        } catch (const std::runtime_error& error) {
            return refuse(error.what());
        }
        return true;
    }

    // Keeper thread, once.
    void on_database_ready() {
        if (accounting_) accounting_->start();
        if (!importer_) return;
        if (const auto open = store::open_blocks(*database_)) nodes_->watch(*open);
        importer_->start();
    }

    // Control thread.
    void on_block_news(const node::BlockNews& news) {
        store::BlockNews told;
        told.hash = news.hash;
        told.state = store_state(news.state);
        told.confirmations = news.confirmations;
        told.node = news.node;
        told.detail = news.detail;
        told.at_us = std::chrono::duration_cast<std::chrono::microseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
        if (!importer_->tell(std::move(told)))
            log::error("block_news_dropped",
                       {{"hash", stratum::displayed(news.hash)},
                        {"remedy", "the database is away for long; the news comes again"}});
    }

    // Any thread.
    http::LivePool live() const {
        http::LivePool out;
        out.network = stratum::name_of(config_.pool.network);
        board_.fill(out, std::chrono::steady_clock::now());
        out.serves_miners = roles_.pool;
        // Without a pool nobody asks the other one after the start.
        out.database_available = roles_.pool ? database_->available() : web_database_->available();
        out.templates_flow = templates_flow_.load(std::memory_order_relaxed);
        if (importer_) {
            out.journal_lag_records = importer_->lag_records();
            out.import_lag_s = importer_->lag_s();
        }
        if (nodes_)
            for (const auto& status : nodes_->status())
                out.nodes.push_back(
                    {status.name, node::name_of(status.state), status.detail, status.tip, status.height});
        if (pool_) {
            out.journal_writable = pool_->journal_works();
            out.listeners = live_listeners();
            if (const auto* identity = pool_->identity())
                out.certificate_left_s =
                    static_cast<double>(identity->certificate_left(std::chrono::system_clock::now()).count());
        }
        return out;
    }

    std::vector<http::LiveListener> live_listeners() const {
        std::vector<http::LiveListener> out;
        for (const auto& listener : pool_->listeners())
            out.push_back({listener.protocol, listener.address, listener.port, listener.authority});
        return out;
    }

    const Config& config_;
    const ServeRoles roles_;
    Metrics metrics_;
    LiveBoard board_;
    NameFile names_{config_.pool.data_dir / "registered-names"};
    asio::io_context control_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_{control_.get_executor()};
    std::unique_ptr<store::EmbeddedCluster> cluster_;
    std::unique_ptr<store::Database> database_;
    std::unique_ptr<store::Database> web_database_;  // its own: a page never waits for the importer's turn
    std::unique_ptr<DatabaseKeeper> keeper_;
    std::unique_ptr<Accounting> accounting_;
    std::unique_ptr<pool::Journals> journals_;
    std::unique_ptr<pool::Pool> pool_;
    std::unique_ptr<pool::Importer> importer_;
    std::unique_ptr<node::Nodes> nodes_;
    std::unique_ptr<declaration::Server> declaration_;
    std::unique_ptr<http::StatisticsSource> statistics_;
    std::unique_ptr<http::HttpServer> web_;
    std::thread control_thread_;
    std::atomic<bool> templates_flow_{false};
};

void wait_for_signal(const StopSignals& signals) {
    pollfd ready{signals.descriptor(), POLLIN, 0};
    while (!StopSignals::stop_requested()) poll(&ready, 1, -1);
}

}  // namespace

int serve(const Config& config, const ServeRoles& roles) {
    const StopSignals signals;
    raise_open_files_limit();
    Server server(config, roles);
    const bool started = server.start();
    if (started) {
        server.say_where();
        if (roles.fleet && !roles.pool && !roles.web)
            log::warn("fleet_is_empty", {{"detail", "no fleet service exists yet"}});
        wait_for_signal(signals);
        log::info("stopping");
    }
    server.stop();
    if (started) log::info("stopped");
    return started ? 0 : 1;
}

}  // namespace server

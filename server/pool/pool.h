#pragma once
// The pool: its ports, its shards and their threads. Owned by main.cpp, which gives templates in and takes
// blocks out.

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/system/result.hpp>

#include "server/bounded_queue.h"
#include "server/metrics.h"
#include "server/node/nodes.h"
#include "server/pool/journals.h"
#include "server/pool/options.h"
#include "server/pool/server_identity.h"
#include "server/pool/session_desk.h"
#include "server/pool/share_settler.h"

namespace server::pool {

class HandshakeDesk;
class Shard;
class TlsContext;

struct BoundListener {
    std::string protocol;  // name_of(Protocol)
    std::string address;
    std::uint16_t port = 0;  // the real one where the system chose
    std::string authority;   // where V2 is spoken: the public key that ends its URL
};

class Pool {
  public:
    // Binds every port on every shard. The error is a sentence that names port or file and the remedy.
    // `on_block` is called on shard threads and must not wait. journals has a writer for each shard; both
    // outlive the pool.
    [[nodiscard]] static boost::system::result<std::unique_ptr<Pool>, std::string> open(
        const PoolOptions& options, Journals& journals, Metrics& metrics,
        std::function<void(node::BlockCandidate)> on_block);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    void start();
    // Ends all connections, flushes the journals and joins the threads.
    void stop();

    // Any thread.
    void on_template(const stratum::TemplatePtr& work);
    void on_flow(bool templates_flow);
    void set_names(std::shared_ptr<const NameSet> names) { names_.store(std::move(names)); }
    // Where the job declaration server puts accepted jobs.
    [[nodiscard]] DeclaredJobs& declared_jobs() { return declared_; }
    // Refused submissions of the last seconds, by worker and reason. One caller.
    [[nodiscard]] std::vector<RejectNews> take_rejects();
    [[nodiscard]] bool journal_works() const;  // on every shard
    [[nodiscard]] const std::vector<BoundListener>& listeners() const { return bound_; }
    // What V2 clients are shown; null when no listener speaks V2.
    [[nodiscard]] const IdentityKeeper* identity() const { return identity_.get(); }

    // How many shards these options mean on this machine.
    [[nodiscard]] static unsigned shards_of(const PoolOptions& options);

  private:
    Pool() = default;
    std::string open_encryption(const PoolOptions& options);
    // 5 s a report and shard: ten minutes with 8 shards.
    static constexpr std::size_t reject_reports_max = 1000;
    BoundedQueue<std::vector<RejectNews>> rejects_{reject_reports_max};
    NameBook names_;
    DeclaredJobs declared_;
    std::unique_ptr<TlsContext> tls_;
    std::unique_ptr<IdentityKeeper> identity_;
    std::unique_ptr<HandshakeDesk> handshakes_;
    std::vector<BoundListener> bound_;
    std::vector<std::unique_ptr<Shard>> shards_;
    std::vector<std::thread> threads_;
};

}  // namespace server::pool

#pragma once
// The job declaration server: a port of its own, so that its big messages and a node's judgements stay away
// from the shards. Asio on one thread, `declaration`. Made by the wiring, which hands it a way to ask nodes
// and to hand blocks over.
//
// open(), start(), stop() for the owner; on_template() and jobs() for any thread; the rest is the thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/system/result.hpp>

#include "server/declaration/options.h"
#include "server/latest.h"
#include "server/node/node_client.h"
#include "server/node/nodes.h"
#include "server/pool/server_identity.h"
#include "stratum/v2/declared_job.h"

namespace prometheus {
class Registry;
}

namespace server::declaration {

struct Surroundings {
    // Any thread; the answer comes on any thread, once. nullopt: no node could be asked.
    std::function<void(node::OutgoingBlockPtr, std::function<void(std::optional<std::string>)>)> propose;
    std::function<void(node::BlockCandidate)> submit;
    std::function<std::shared_ptr<const pool::ServerIdentity>()> identity;
};

class Server {
  public:
    using Jobs = Latest<stratum::v2::DeclaredJobs>;
    // Listens, but answers nobody before start(). Accepted jobs go to `jobs`, which outlives the server. The
    // error is a sentence with the remedy.
    [[nodiscard]] static boost::system::result<std::unique_ptr<Server>, std::string> open(
        const DeclarationOptions& options, Surroundings surroundings, Jobs& jobs,
        prometheus::Registry& registry);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    void start();
    void stop();
    void on_template(stratum::TemplatePtr work);
    [[nodiscard]] std::uint16_t port() const;

  private:
    struct Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace server::declaration

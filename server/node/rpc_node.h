#pragma once
// A Bitcoin node behind JSON-RPC (Bitcoin Core, bcoin and their kin). A few keep-alive connections, so that a
// longpoll, a template and a small question do not wait for each other. One thread: that of its executor.

#include <list>
#include <memory>

#include "server/node/node_client.h"
#include "server/node/options.h"
#include "server/node/rpc_connection.h"

namespace server::node {

// Longpoll, template, proposal, poll, header; nodes offer 4 to 16 threads.
inline constexpr std::size_t rpc_connections_max = 6;

class RpcNode : public NodeClient {
  public:
    // Throws std::runtime_error when the URL is none.
    RpcNode(boost::asio::any_io_executor executor, const NodeOptions& options, stratum::Network network,
            std::chrono::milliseconds timeout);

    NodeCall<ChainInfo> chain_info() override;
    NodeCall<stratum::Hash256> block_hash(std::uint32_t height) override;
    NodeCall<BlockHeader> block_header(stratum::Hash256 hash) override;
    NodeCall<NodeTemplate> block_template(std::string longpollid,
                                          std::chrono::milliseconds deadline) override;
    NodeCall<std::string> propose(OutgoingBlockPtr block) override;
    NodeCall<std::string> submit(OutgoingBlockPtr block) override;
    void end_longpoll() override;
    void close() override;

  private:
    using ConnectionPtr = std::shared_ptr<RpcConnection>;
    // What every call's coroutine holds: it may outlive this object, suspended, when the process ends.
    struct Shared {
        boost::asio::any_io_executor executor;
        RpcEndpoint endpoint;
        std::list<ConnectionPtr> connections;  // the latest used first
        ConnectionPtr longpoll;
        bool closed = false;
    };
    static ConnectionPtr take_connection(Shared& shared);
    static NodeCall<std::string> raw_call(std::shared_ptr<Shared> shared, std::string first,
                                          std::size_t second_bytes, RpcConnection::SecondPart second,
                                          std::chrono::milliseconds deadline, bool is_longpoll);
    NodeCall<BlockHeader> complete(BlockHeader header);
    NodeCall<std::string> call(std::string method, std::string parameters);
    static NodeCall<std::string> block_call(std::shared_ptr<Shared> shared, std::string before,
                                            OutgoingBlockPtr block, std::string after,
                                            std::chrono::milliseconds deadline);

    const std::shared_ptr<Shared> shared_;
    const stratum::Network network_;
    const std::chrono::milliseconds timeout_;
};

}  // namespace server::node

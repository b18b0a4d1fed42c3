#pragma once
// One Bitcoin node as the node side talks to it. Three kinds: a node behind JSON-RPC, such a node with a
// template provider beside it, and the built-in development chain. A client belongs to one thread (that of
// the executor it was made with); its calls may overlap. close() ends all open calls with `closed`; after it
// every call ends so at once.

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include "server/node/rpc_reply.h"
#include "server/node/template_parser.h"

namespace server::node {

enum class NodeFailure {
    unreachable,     // no connection
    silent,          // connected, no answer within the deadline
    unauthorized,    // wrong user, password or cookie
    warming_up,      // -28
    downloading,     // -10: it still fetches the chain
    without_peers,   // -9
    not_found,       // -5
    refused,         // any other RPC error
    not_understood,  // no JSON, no HTTP, or a result that cannot be
    bad_template,    // a template that contradicts itself
    no_provider,     // its template provider gives none; the detail says why
    closed,
};
const char* name_of(NodeFailure failure);

struct NodeError {
    NodeFailure failure = NodeFailure::unreachable;
    std::string detail;  // for the operator
};
template <typename T>
using NodeResult = boost::system::result<T, NodeError>;
template <typename T>
using NodeCall = boost::asio::awaitable<NodeResult<T>>;

// A block as the template provider of its template wants it: it has the transactions itself.
struct ProviderSolution {
    std::string node;  // whose provider that is
    stratum::TemplateOrigin origin;
    std::array<std::uint8_t, 80> header{};
    stratum::Bytes coinbase;  // with witness
};

// A block on its way to nodes: bytes made once, hex made once by the first who needs it.
class OutgoingBlock {
  public:
    OutgoingBlock(stratum::Hash256 hash, stratum::Bytes bytes,
                  std::optional<ProviderSolution> solution = std::nullopt)
        : hash_(hash), bytes_(std::move(bytes)), solution_(std::move(solution)) {}
    [[nodiscard]] const stratum::Hash256& hash() const { return hash_; }
    [[nodiscard]] const stratum::Bytes& bytes() const { return bytes_; }
    // None: its template came from no provider, or from a process before this one.
    [[nodiscard]] const std::optional<ProviderSolution>& solution() const { return solution_; }
    // One thread only.
    [[nodiscard]] const std::string& hex();

  private:
    stratum::Hash256 hash_;
    stratum::Bytes bytes_;
    std::optional<ProviderSolution> solution_;
    std::string hex_;
};
using OutgoingBlockPtr = std::shared_ptr<OutgoingBlock>;

class NodeClient {
  public:
    virtual ~NodeClient() = default;
    virtual NodeCall<ChainInfo> chain_info() = 0;
    virtual NodeCall<stratum::Hash256> block_hash(std::uint32_t height) = 0;
    virtual NodeCall<BlockHeader> block_header(stratum::Hash256 hash) = 0;
    // With a longpollid it answers when there is something new, or `silent` when the deadline comes first.
    virtual NodeCall<NodeTemplate> block_template(std::string longpollid,
                                                  std::chrono::milliseconds deadline) = 0;
    // BIP22: empty when the block would be, or was, taken; else the node's reason.
    virtual NodeCall<std::string> propose(OutgoingBlockPtr block) = 0;
    virtual NodeCall<std::string> submit(OutgoingBlockPtr block) = 0;
    // Ends a waiting block_template with `silent`: it no longer waits for what is new.
    virtual void end_longpoll() = 0;
    virtual void close() = 0;
};

}  // namespace server::node

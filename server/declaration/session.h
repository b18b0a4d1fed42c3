#pragma once
// One job declaration client, without its socket: Stratum V2 protocol 1 in full-template mode. Frames in,
// frames out; what it needs of the world it asks its host for. One thread. Specification chapter 6.
//
//   token      AllocateMiningJobToken: for whom; what the coinbase must pay
//   declare    DeclareMiningJob: coinbase and wtxids; what we lack is asked for, then a node judges the block
//   publish    a second token, with which the client sets the job on its mining channel
//   push       PushSolution: a block of an accepted job

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/declaration/declared_coinbase.h"
#include "server/node/node_client.h"
#include "server/node/nodes.h"
#include "stratum/v2/declared_job.h"
#include "stratum/v2/frame_writer.h"
#include "stratum/v2/messages_declaration.h"
#include "stratum/v2/transport.h"

namespace server::declaration {

class Host {
  public:
    virtual ~Host() = default;
    [[nodiscard]] virtual stratum::TemplatePtr newest() const = 0;  // null before the first
    [[nodiscard]] virtual const stratum::TemplateTransaction* known(const stratum::Hash256& wtxid) const = 0;
    [[nodiscard]] virtual stratum::ByteView payout_script() const = 0;
    virtual stratum::Bytes new_token() = 0;
    virtual std::uint64_t new_number() = 0;                 // for a template; has declared_number_bit
    [[nodiscard]] virtual std::int64_t now_us() const = 0;  // wall clock, since 1970
    // A node's judgement of a block whose nonce nobody has searched: empty when it would be taken.
    // `on_answer` is called on this thread, once, perhaps at once; without an answer when no node could be
    // asked.
    using OnAnswer = std::function<void(std::optional<std::string> reason)>;
    virtual void propose(node::OutgoingBlockPtr block, OnAnswer on_answer) = 0;
    // False when too many wait.
    [[nodiscard]] virtual bool publish(const stratum::Bytes& token, stratum::v2::DeclaredJobPtr job) = 0;
    virtual void submit(node::BlockCandidate candidate) = 0;
    virtual void count(std::string_view result) = 0;  // of a declaration: "accepted", or an error code
};

class Session : public std::enable_shared_from_this<Session> {
  public:
    using Instant = std::chrono::steady_clock::time_point;

    // `host` outlives the session. `on_output` is called when there is output outside of receive().
    Session(Host& host, const stratum::v2::TransportKeys& keys, std::function<void()> on_output, Instant now);

    void receive(stratum::ByteView wire, Instant now);
    void on_timer(Instant now);  // about once a second
    [[nodiscard]] std::string& output() { return output_; }
    [[nodiscard]] bool closing() const { return closing_; }  // once the output is sent

  private:
    struct Token {
        std::string identity;
        Instant since;
    };
    // A declaration under way.
    struct Declaration {
        std::uint32_t request_id = 0;
        std::string identity;
        std::uint32_t version = 0;
        DeclaredCoinbase coinbase;
        std::vector<stratum::Hash256> wtxids;
        std::vector<stratum::TemplateTransaction> transactions;  // as wtxids; data empty: missing
        bool proposed = false;
        Instant since;
    };

    void on_frame(const stratum::v2::FrameHeader& header, stratum::ByteView payload, Instant now);
    void set_up(stratum::ByteView payload);
    void refuse_setup(std::uint32_t flags, std::string_view code);
    void on_allocate(stratum::ByteView payload, Instant now);
    void on_declare(stratum::ByteView payload, Instant now);
    void on_transactions(stratum::ByteView payload, Instant now);
    void on_solution(stratum::ByteView payload);
    [[nodiscard]] bool check(const stratum::v2::DeclareMiningJob& message, Declaration& out);
    void fill_known(Declaration& declaration);
    void propose(Declaration& declaration, Instant now);
    void on_answer(std::uint32_t request_id, const stratum::v2::DeclaredJobPtr& job,
                   const std::optional<std::string>& reason);
    void refuse(std::uint32_t request_id, std::string_view code, std::string_view details);
    [[nodiscard]] Declaration* find(std::uint32_t request_id);
    void forget(std::uint32_t request_id);

    Host& host_;
    stratum::v2::Transport transport_;
    std::string output_;
    stratum::v2::FrameWriter writer_;
    std::function<void()> on_output_;
    std::map<stratum::Bytes, Token> tokens_;
    std::vector<Declaration> under_way_;                 // oldest first
    std::vector<stratum::v2::DeclaredJobPtr> accepted_;  // oldest first
    bool set_up_ = false;
    bool closing_ = false;
    Instant opened_at_;
    Instant heard_at_;
};

}  // namespace server::declaration

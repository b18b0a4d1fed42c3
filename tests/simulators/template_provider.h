#pragma once
// A template provider for tests: Stratum V2's template distribution on a port the system chose, for the chain
// of a fake node, with every fault a real one can have at hand. It pushes templates by itself as the chain
// moves. Its threads are its own; all members take any thread.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "stratum/v2/keys.h"
#include "stratum/v2/messages_template.h"
#include "tests/simulators/fake_node.h"

namespace simulators {

class TemplateProvider {
  public:
    // What is wrong from the next connection on. Setting one closes the connections there are.
    enum class Fault {
        none,
        mute_handshake,     // takes the connection and says nothing
        garbage_handshake,  // 234 bytes that are no act 2
        wrong_authority,    // another authority signed
        expired,            // the certificate ended a minute ago
        refuse_setup,       // SetupConnection.Error
        mute,               // nothing after SetupConnection.Success
        bad_tag,            // bytes that do not decrypt, instead of a template
        huge_frame,         // a message announced as 8 MB
        cut_message,        // a NewTemplate that ends early
        unknown_template,   // a previous block for a template that was never sent
        wrong_merkle_path,
        wrong_height,
        wrong_target,
        wrong_commitment,
        extra_output,
        too_little_value,
        missing_transaction,
        broken_transaction,
        no_transactions,    // RequestTransactionData.Error
        late_transactions,  // no answer to RequestTransactionData
        old_tip,            // goes on with the tip it has
    };
    struct Solution {
        stratum::Hash256 hash;
        std::uint64_t template_id = 0;
        std::string verdict;  // of the chain: empty when it took the block
    };

    explicit TemplateProvider(FakeNode& node);
    ~TemplateProvider();
    TemplateProvider(const TemplateProvider&) = delete;
    TemplateProvider& operator=(const TemplateProvider&) = delete;

    void start();  // on the same port as before, if there was one
    void stop();
    [[nodiscard]] std::string address() const;
    [[nodiscard]] stratum::v2::XOnlyKey authority() const { return authority_.public_key(); }

    void set_fault(Fault fault);
    // The next fault without closing: of what is sent from now on.
    void turn_to(Fault fault);
    // A new template on the same tip, as when fees rise.
    void refresh();
    [[nodiscard]] std::vector<Solution> solutions();
    [[nodiscard]] std::size_t handshakes();
    // The last that a client sent.
    [[nodiscard]] stratum::v2::CoinbaseOutputConstraints constraints();

  private:
    struct Connection;
    void accept();
    void serve(std::shared_ptr<Connection> connection);
    bool shake_hands(Connection& connection);
    bool take_frames(Connection& connection);
    bool take(Connection& connection);
    void set_up(Connection& connection);
    void push_news(Connection& connection);
    void offer(Connection& connection, bool future);
    void answer_transactions(Connection& connection, std::uint64_t template_id);
    void take_solution(const stratum::v2::SubmitSolution& message);
    [[nodiscard]] Fault fault();

    FakeNode& node_;
    std::mutex mutex_;
    Fault fault_ = Fault::none;
    bool stopping_ = false;
    std::uint64_t refreshes_ = 0;
    std::uint64_t template_id_ = 0;
    std::map<std::uint64_t, server::node::NodeTemplate> templates_;
    std::vector<Solution> solutions_;
    std::size_t handshakes_ = 0;
    stratum::v2::CoinbaseOutputConstraints constraints_;
    stratum::v2::SecretKey authority_;
    stratum::v2::SecretKey stranger_;
    std::uint16_t port_ = 0;
    int listener_ = -1;
    std::vector<std::shared_ptr<Connection>> connections_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

}  // namespace simulators

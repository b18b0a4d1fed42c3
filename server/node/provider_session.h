#pragma once
// Our side of one connection to a template provider, after the handshake: sets it up, takes offers and tips,
// asks for the transactions, and has a template once all of it fits together. Called by ProviderLink. Bytes
// and time in, bytes out; no socket; one thread. Stratum V2 specification chapter 7.

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "server/node/node_client.h"
#include "server/node/provider_template.h"
#include "stratum/v2/message.h"
#include "stratum/v2/messages_common.h"
#include "stratum/v2/transport.h"

namespace server::node {

// Why a connection to a template provider ends, or does not begin.
struct ProviderTrouble {
    enum class Kind {
        unreachable,   // no connection, or it was closed
        silent,        // no answer within the deadline, or no template for the node's tip
        untrusted,     // no handshake, or a certificate that the configured key did not sign
        refused,       // it answered with an error
        broken,        // bytes or messages that are none
        bad_template,  // parts that contradict each other; `text` is the error's name
    };
    Kind kind = Kind::unreachable;
    std::string text;  // for the operator; "it" is the provider
};
const char* name_of(ProviderTrouble::Kind kind);  // also a metric label

// NewTemplate at its longest: two byte strings, 255 hashes and 36 bytes of numbers, about 74,000 bytes.
inline constexpr std::size_t offer_frame_bytes_max = 1 << 17;
// A whole block, three bytes of length for each transaction, and the excess data.
inline constexpr std::size_t transactions_frame_bytes_max =
    block_weight_max + 3 * template_transactions_max + (1 << 16) + 16;
inline constexpr std::size_t future_offers_max = 8;         // more: the oldest is forgotten
inline constexpr std::size_t transaction_requests_max = 4;  // unanswered; only new tips make more than one
// Offers on one tip that come faster wait, and the newest is taken.
inline constexpr std::chrono::milliseconds refresh_least{1000};
// What our coinbases may have beyond the provider's own part, in bytes of outputs: their weight is at most
// coinbase_weight_reserved. Sigops: coinbase_sigops_reserved.
inline constexpr std::uint32_t provider_outputs_bytes = 1000;

class ProviderSession {
  public:
    using Time = std::chrono::steady_clock::time_point;
    struct Options {
        std::string host;  // as it was dialled
        std::uint16_t port = 0;
        stratum::Network network = stratum::Network::regtest;
        std::uint64_t connection = 0;  // ours, for TemplateOrigin
        std::chrono::milliseconds answer_timeout{10'000};
    };
    ProviderSession(const stratum::v2::TransportKeys& keys, Options options, Time now);

    // With an answer the session is over.
    [[nodiscard]] std::optional<ProviderTrouble> receive(stratum::ByteView wire, Time now);
    [[nodiscard]] std::optional<ProviderTrouble> on_timer(Time now);
    // When on_timer() has something to do; Time::max() for never.
    [[nodiscard]] Time deadline() const;
    [[nodiscard]] std::string take_output() { return std::exchange(output_, {}); }
    // False when the solution is not of this connection's templates.
    bool submit(const ProviderSolution& solution);

    [[nodiscard]] bool is_set_up() const { return is_set_up_; }
    [[nodiscard]] const std::optional<ProviderTip>& tip() const { return tip_; }
    [[nodiscard]] Time tip_at() const { return tip_at_; }
    // The newest that is complete; of the tip before, until the new tip's is.
    [[nodiscard]] const std::shared_ptr<const NodeTemplate>& latest() const { return latest_; }

  private:
    using Trouble = std::optional<ProviderTrouble>;
    struct Request {
        ProviderOffer offer;
        std::uint64_t tip_number = 0;
        Time asked_at;
    };
    Trouble take_frame(Time now);
    Trouble take_setup();
    Trouble take(const stratum::v2::NewTemplate& message, Time now);
    Trouble take(const stratum::v2::SetNewTemplatePrevHash& message, Time now);
    Trouble take(const stratum::v2::RequestTransactionDataSuccess& message, Time now);
    Trouble take(const stratum::v2::RequestTransactionDataError& message, Time now);
    template <stratum::v2::Message M>
    Trouble parse_and_take(Time now);
    template <stratum::v2::Message M>
    void send(const M& message);
    Trouble ask(Time now);
    std::optional<Request> answered(std::uint64_t template_id);

    const Options options_;
    stratum::v2::Transport transport_;
    std::string output_;
    bool is_set_up_ = false;
    const Time began_at_;
    std::map<std::uint64_t, ProviderOffer> future_;  // by template_id; at most future_offers_max
    std::optional<ProviderTip> tip_;
    std::uint64_t tip_number_ = 0;  // counts changes of the previous block
    Time tip_at_;
    std::optional<ProviderOffer> wanted_;  // to be asked for
    bool wanted_at_once_ = false;          // the first on its tip
    Time refreshed_at_;
    std::deque<Request> requests_;  // unanswered, the oldest first
    std::shared_ptr<const NodeTemplate> latest_;
};

}  // namespace server::node

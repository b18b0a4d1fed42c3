#pragma once
// The life of a payout batch: which state may follow which. Pure; any thread. The table payout_moves of the
// payouts' migration is the same one; a test compares them.

#include <array>
#include <optional>
#include <string_view>

namespace fleet::payout {

enum class BatchState {
    reserved,      // the amounts are set aside in the ledger
    built,         // an unsigned transaction is stored, its inputs are ours alone
    fully_signed,  // the final bytes and their txid are stored; it can only be sent from now on
    broadcast,     // about to be sent, or sent: written before the call
    unknown,       // a call failed after it may have worked: the chain is asked for the txid
    confirming,    // nodes know it
    settled,       // deep enough, booked
    abandoned      // the amounts are free again
};
inline constexpr std::array batch_states{
    BatchState::reserved, BatchState::built,      BatchState::fully_signed, BatchState::broadcast,
    BatchState::unknown,  BatchState::confirming, BatchState::settled,      BatchState::abandoned};

const char* name_of(BatchState state);
[[nodiscard]] std::optional<BatchState> parse_batch_state(std::string_view name);

struct BatchMove {
    BatchState from;
    BatchState to;
};
// Abandoned after signing only when a conflicting transaction is buried; the store asks for that proof.
inline constexpr std::array batch_moves{
    BatchMove{BatchState::reserved, BatchState::built},
    BatchMove{BatchState::reserved, BatchState::abandoned},
    BatchMove{BatchState::built, BatchState::fully_signed},
    BatchMove{BatchState::built, BatchState::abandoned},
    BatchMove{BatchState::fully_signed, BatchState::broadcast},
    BatchMove{BatchState::broadcast, BatchState::confirming},
    BatchMove{BatchState::broadcast, BatchState::unknown},
    BatchMove{BatchState::unknown, BatchState::broadcast},
    BatchMove{BatchState::unknown, BatchState::confirming},
    BatchMove{BatchState::unknown, BatchState::abandoned},
    BatchMove{BatchState::confirming, BatchState::unknown},
    BatchMove{BatchState::confirming, BatchState::settled},
};
[[nodiscard]] bool may_follow(BatchState from, BatchState to);

}  // namespace fleet::payout

#pragma once
// Counts the accepted shares of a channel from one SubmitShares.Success to the next. Owned by the mining
// session, one per channel. Pure; the session's thread. The sum is difficulty, added as floating point and
// truncated once, as the reference implementation does: it is for the client's screen and never credit
// (below difficulty 1 it may well be 0).

#include <cstdint>

#include "stratum/v2/messages_mining.h"

namespace stratum::v2 {

class AcceptedShares {
  public:
    // `difficulty`: difficulty_of_target() of the target that the share is credited at.
    void add(std::uint32_t sequence_number, double difficulty);
    [[nodiscard]] std::uint32_t count() const { return count_; }
    // What the channel is to be told; counting starts anew.
    SubmitSharesSuccess take(std::uint32_t channel_id);

  private:
    std::uint32_t last_sequence_number_ = 0;
    std::uint32_t count_ = 0;
    double difficulty_sum_ = 0;
};

}  // namespace stratum::v2

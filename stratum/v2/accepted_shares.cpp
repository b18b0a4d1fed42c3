#include "stratum/v2/accepted_shares.h"

#include <utility>

namespace stratum::v2 {

void AcceptedShares::add(std::uint32_t sequence_number, double difficulty) {
    last_sequence_number_ = sequence_number;
    ++count_;
    difficulty_sum_ += difficulty;
}

SubmitSharesSuccess AcceptedShares::take(std::uint32_t channel_id) {
    SubmitSharesSuccess out;
    out.channel_id = channel_id;
    out.last_sequence_number = last_sequence_number_;
    out.new_submits_accepted_count = std::exchange(count_, 0);
    const double sum = std::exchange(difficulty_sum_, 0);
    out.new_shares_sum = sum < 0x1p64 ? static_cast<std::uint64_t>(sum) : ~std::uint64_t{0};
    return out;
}

}  // namespace stratum::v2

#include "stratum/extranonce.h"

#include "stratum/bytes.h"

namespace stratum {
namespace {
constexpr std::uint32_t counter_end = 1u << 24;
}

std::array<std::uint8_t, prefix_bytes> bytes_of(Prefix prefix) {
    return {static_cast<std::uint8_t>(prefix >> 24), static_cast<std::uint8_t>(prefix >> 16),
            static_cast<std::uint8_t>(prefix >> 8), static_cast<std::uint8_t>(prefix)};
}

PrefixAllocator::PrefixAllocator(std::uint8_t shard, std::uint32_t first)
    : shard_(shard), next_(first % counter_end), used_(counter_end) {}

void PrefixAllocator::end_rests(Instant now) {
    while (!resting_.empty() && resting_.front().first <= now) {
        used_[resting_.front().second] = false;
        --taken_;
        resting_.pop_front();
    }
}

std::optional<Prefix> PrefixAllocator::allocate(Instant now) {
    end_rests(now);
    if (taken_ >= counter_end) return std::nullopt;
    while (used_[next_]) next_ = (next_ + 1) % counter_end;
    const auto counter = next_;
    next_ = (next_ + 1) % counter_end;
    used_[counter] = true;
    ++taken_;
    return static_cast<Prefix>(shard_) << 24 | counter;
}

bool PrefixAllocator::claim(Prefix prefix, Instant now) {
    end_rests(now);
    const auto counter = prefix % counter_end;
    if (prefix >> 24 != shard_ || used_[counter]) return false;
    used_[counter] = true;
    ++taken_;
    return true;
}

void PrefixAllocator::release(Prefix prefix, Instant now) {
    STRATUM_ENSURE(prefix >> 24 == shard_ && used_[prefix % counter_end]);
    resting_.emplace_back(now + job_kept_for, prefix % counter_end);
}

}  // namespace stratum

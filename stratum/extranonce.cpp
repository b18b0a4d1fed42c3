#include "stratum/extranonce.h"

#include "stratum/bytes.h"

namespace stratum {

std::array<std::uint8_t, prefix_bytes> bytes_of(Prefix prefix) {
    return {static_cast<std::uint8_t>(prefix >> 24), static_cast<std::uint8_t>(prefix >> 16),
            static_cast<std::uint8_t>(prefix >> 8), static_cast<std::uint8_t>(prefix)};
}

PrefixAllocator::PrefixAllocator(std::uint8_t shard, std::uint32_t first, std::uint32_t count)
    : shard_(shard), count_(count), next_(first % count), used_(count) {
    STRATUM_ENSURE(count > 0 && count <= prefixes_per_shard);
}

void PrefixAllocator::end_rests(Instant now) {
    while (!resting_.empty() && resting_.front().first <= now) {
        used_[resting_.front().second] = false;
        --taken_;
        resting_.pop_front();
    }
}

std::optional<Prefix> PrefixAllocator::allocate(Instant now) {
    end_rests(now);
    if (taken_ >= count_) return std::nullopt;
    while (used_[next_]) next_ = (next_ + 1) % count_;
    const auto counter = next_;
    next_ = (next_ + 1) % count_;
    used_[counter] = true;
    ++taken_;
    return static_cast<Prefix>(shard_) << 24 | counter;
}

bool PrefixAllocator::claim(Prefix prefix, Instant now) {
    end_rests(now);
    const auto counter = prefix % prefixes_per_shard;
    if (prefix >> 24 != shard_ || counter >= count_ || used_[counter]) return false;
    used_[counter] = true;
    ++taken_;
    return true;
}

void PrefixAllocator::release(Prefix prefix, Instant now) {
    STRATUM_ENSURE(prefix >> 24 == shard_ && used_[prefix % prefixes_per_shard]);
    resting_.emplace_back(now + job_kept_for, prefix % prefixes_per_shard);
}

void PrefixAllocator::release_unproved(Prefix prefix) {
    STRATUM_ENSURE(prefix >> 24 == shard_ && used_[prefix % prefixes_per_shard]);
    used_[prefix % prefixes_per_shard] = false;
    --taken_;
}

}  // namespace stratum

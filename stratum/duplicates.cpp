#include "stratum/duplicates.h"

namespace stratum {

Duplicates::Result Duplicates::insert(const Hash256& hash) {
    std::uint64_t key = load_le64(hash.bytes.data());
    if (key == 0) key = 1;
    if (size_ * 2 >= slots_.size()) {
        if (size_ >= duplicates_per_job_max) return Result::full;
        grow();
    }
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = key & mask;; at = (at + 1) & mask) {
        if (slots_[at] == key) return Result::seen;
        if (slots_[at] == 0) {
            slots_[at] = key;
            ++size_;
            return Result::added;
        }
    }
}

void Duplicates::grow() {
    std::vector<std::uint64_t> old(slots_.empty() ? 16 : slots_.size() * 2);
    old.swap(slots_);
    const std::size_t mask = slots_.size() - 1;
    for (const auto key : old) {
        if (key == 0) continue;
        std::size_t at = key & mask;
        while (slots_[at] != 0) at = (at + 1) & mask;
        slots_[at] = key;
    }
}

}  // namespace stratum

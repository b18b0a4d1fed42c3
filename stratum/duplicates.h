#pragma once
// The shares of one channel on one job that were credited already, by header hash. Grows from nothing; freed
// with the job. Key: the first 8 bytes of the hash, which no proof of work constrains (the small end of the
// number is random): n shares collide by chance with probability n/2^64, and a collision costs its maker one
// share.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "stratum/bytes.h"
#include "stratum/limits.h"

namespace stratum {

class Duplicates {
  public:
    enum class Result : std::uint8_t { added, seen, full };
    Result insert(const Hash256& hash);
    [[nodiscard]] std::size_t size() const { return size_; }

  private:
    void grow();
    std::vector<std::uint64_t> slots_;  // power of two; 0 is empty
    std::size_t size_ = 0;
};

}  // namespace stratum

#pragma once
// What a strict client holds against a Stratum V2 server. Used by v2_channel and v2_client. Pure; any thread.
// Each rule is one that some real client fails on: SRI's proxy and mining_device, ESP-Miner, or the
// specification itself.

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "stratum/bytes.h"

namespace simulators {

// The first of them in words, and how many there were.
class Violations {
  public:
    void add(std::string text);
    [[nodiscard]] bool empty() const { return count_ == 0; }
    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }

  private:
    static constexpr std::size_t texts_max = 20;
    std::vector<std::string> texts_;
    std::uint64_t count_ = 0;
};

// What is wrong with a coinbase made of a job's parts; empty when it is a transaction without witness whose
// one input is null and whose script has 2 to 100 bytes and holds the whole extranonce.
std::string coinbase_fault(stratum::ByteView whole, std::size_t prefix_bytes, std::size_t extranonce_bytes);

// The prefixes of one connection's channels. Two channels must not be able to make the same extranonce, so no
// prefix begins with another.
class Prefixes {
  public:
    // False when the prefix overlaps one that is kept; then it is not kept.
    bool add(const stratum::Bytes& prefix);
    void remove(const stratum::Bytes& prefix) { kept_.erase(prefix); }

  private:
    std::set<stratum::Bytes> kept_;
};

// The codes that SRI's proxy knows in SubmitShares.Error; it counts others as unknown.
[[nodiscard]] bool is_known_submit_error(std::string_view code);

}  // namespace simulators

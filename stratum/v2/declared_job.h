#pragma once
// A job that a client declared and a node of ours would take. The job declaration server makes it; a mining
// session uses it once, when its client sets it as custom job. Immutable but for the mark of use; shared
// between threads.

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "stratum/bytes.h"
#include "stratum/coinbase.h"
#include "stratum/template.h"

namespace stratum::v2 {

inline constexpr std::uint64_t declared_number_bit = std::uint64_t{1} << 53;
inline constexpr std::size_t job_token_bytes = 8;

struct DeclaredJob {
    std::string identity;  // who the token was given to, as the client wrote it
    // With transactions, and with the declared version; its number has declared_number_bit.
    TemplatePtr work;
    std::uint32_t coinbase_version = 0;
    Bytes script_prefix;  // the coinbase script before its extranonce
    std::size_t extranonce_bytes = 0;
    std::uint32_t sequence = 0;
    Bytes outputs;  // CompactSize count, then the outputs
    std::uint32_t lock_time = 0;

    // True for the first who asks.
    [[nodiscard]] bool use() const { return !used_.exchange(true); }
    [[nodiscard]] bool is_used() const { return used_.load(); }

  private:
    mutable std::atomic<bool> used_{false};
};
using DeclaredJobPtr = std::shared_ptr<const DeclaredJob>;
// By token: jobs that wait to be set on a channel.
using DeclaredJobs = std::map<Bytes, DeclaredJobPtr>;

// Without witness.
CoinbaseParts coinbase_of(const DeclaredJob& declared);

}  // namespace stratum::v2

#pragma once
// What is shown: hashrates, effort, luck, blocks and payouts. Reads only; any thread; one transaction each.
// Hashrates come from five-minute sums, so they survive restarts and cost workers, not shares.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/store/database.h"

namespace server::store {

// Accepted work over a span that ends now. The span is whole buckets plus the running one, so it is up to
// five minutes longer than asked for; window_s says how long. One standard deviation is 1 / sqrt(shares),
// relative; unknown with no share.
struct Hashrate {
    double window_s = 0;
    double hashrate_hps = 0;
    std::uint64_t shares = 0;
};

struct PoolStatistics {
    std::vector<Hashrate> hashrate;  // 10 minutes, 1 hour, 24 hours
    std::optional<double>
        round_effort;  // work since our last block over the expected work of one; absent before any share
    std::optional<std::int64_t> round_started_at_us;  // our last block; absent before the first
    std::uint64_t luck_blocks = 0;                    // finished rounds that luck is over, at most 100
    double luck = 0;                                  // expected over actual work; above 1 is lucky
    std::map<std::string, std::uint64_t> blocks;      // by state
    std::map<std::string, std::uint64_t> rejects;     // by reason, last 24 hours
    std::uint64_t users_active = 0;                   // with a share in the last 10 minutes
    std::uint64_t workers_active = 0;
};

struct UserStatistics {
    std::string user;
    std::string kind;  // address, name
    std::vector<Hashrate> hashrate;
    std::optional<std::int64_t>
        last_share_at_us;  // to five minutes: the start of the last interval with a share
    std::uint64_t workers = 0;
    std::map<std::string, std::uint64_t> rejects;  // by reason, last 24 hours
    std::int64_t credited_sats = 0;                // sum of payout lines of blocks that are not orphaned
};

struct WorkerStatistics {
    std::string worker;  // may be empty
    std::vector<Hashrate> hashrate;
    std::optional<std::int64_t> last_share_at_us;
};

struct BlockRow {
    std::string hash;  // displayed order
    std::uint32_t height = 0;
    std::int64_t found_at_us = 0;
    std::string user;
    std::string worker;
    std::string state;
    std::uint32_t confirmations = 0;
    double effort = 0;  // of the round that it ended; 1 is what was expected
    std::int64_t reward_sats = 0;
};

struct PayoutLineRow {
    std::string user;
    std::string weight;  // an integer, in decimal
    double weight_ratio = 0;
    std::int64_t amount_sats = 0;
};

struct PayoutRunRow {
    std::string block;  // displayed hash
    std::uint32_t height = 0;
    std::int32_t rule = 0;
    std::string scheme;
    std::int64_t computed_at_us = 0;
    std::int64_t reward_sats = 0;
    std::int64_t fee_sats = 0;
    double window_ratio = 0;  // filled part of the window, 1 when full
    std::string input_hash;   // hex
    std::string output_hash;
    std::vector<PayoutLineRow> lines;  // largest amount first
};

// now_us: microseconds since 1970.
[[nodiscard]] Stored<PoolStatistics> pool_statistics(Database& database, std::int64_t now_us);
[[nodiscard]] Stored<std::optional<UserStatistics>> user_statistics(Database& database, std::string_view user,
                                                                    std::int64_t now_us);
// At most `count`, those with the latest share first.
[[nodiscard]] Stored<std::vector<WorkerStatistics>> worker_statistics(Database& database,
                                                                      std::string_view user,
                                                                      std::size_t count, std::int64_t now_us);
// Newest first; only those lower than `before_height` when given.
[[nodiscard]] Stored<std::vector<BlockRow>> blocks(Database& database,
                                                   std::optional<std::uint32_t> before_height,
                                                   std::size_t count);
[[nodiscard]] Stored<std::optional<BlockRow>> block(Database& database, std::string_view displayed_hash);
[[nodiscard]] Stored<std::optional<PayoutRunRow>> payout_run(Database& database,
                                                             std::string_view displayed_hash);

}  // namespace server::store

#pragma once
// What the web shows that lives in PostgreSQL. main.cpp binds it to the store; tests bind it to values.
// Called on the web server's database threads, several at once; each call may block, but no longer than the
// statement timeout.

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace server::http {

// Thrown by every function below when PostgreSQL does not answer.
class StatisticsUnavailable : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};
// Of these: PostgreSQL answers, but did not finish in its time limit.
class StatisticsTooSlow : public StatisticsUnavailable {
  public:
    using StatisticsUnavailable::StatisticsUnavailable;
};

// Accepted work over a span up to now. One standard deviation is 1/sqrt(shares), relative; unknown with no
// share.
struct Hashrate {
    double window_s = 0;
    double hashrate_hps = 0;
    std::uint64_t shares = 0;
};

// Expected over actual work of the last `blocks` finished rounds; above 1 is lucky.
struct Luck {
    std::uint64_t blocks = 0;
    double ratio = 0;
};

struct PoolHistory {
    std::vector<Hashrate> hashrate;
    std::optional<double> round_effort;  // work since our last block over the expected work of a block
    std::optional<std::int64_t> round_started_at_us;  // our last block; absent before the first
    std::optional<Luck> luck;
    std::map<std::string, std::uint64_t> blocks;       // by state
    std::map<std::string, std::uint64_t> rejects_day;  // by reason, last 24 hours
    std::uint64_t users_active = 0;                    // with a share in the last 10 minutes
    std::uint64_t workers_active = 0;
};

struct UserHistory {
    std::string user;
    std::string kind;  // "address" or "name"
    std::vector<Hashrate> hashrate;
    std::optional<std::int64_t>
        last_share_at_us;  // to five minutes: the start of the last interval with a share
    std::uint64_t workers = 0;
    std::map<std::string, std::uint64_t> rejects_day;  // by reason, last 24 hours
    std::int64_t credited_sats = 0;  // sum of the user's PPLNS lines of blocks that are not orphaned
};

struct WorkerHistory {
    std::string worker;  // may be empty: the user name came without a dot
    std::vector<Hashrate> hashrate;
    std::optional<std::int64_t> last_share_at_us;
};

struct BlockHistory {
    std::string hash;  // displayed order
    std::uint32_t height = 0;
    std::int64_t found_at_us = 0;
    std::string user;
    std::string worker;
    std::string state;  // submitted, immature, mature, orphaned
    std::uint32_t confirmations = 0;
    std::optional<double> effort;  // of the round that it ended
    std::int64_t reward_sats = 0;
};

struct PayoutLine {
    std::string user;
    std::string weight;       // an integer, in decimal
    double weight_ratio = 0;  // of all weights, for display
    std::int64_t amount_sats = 0;
};

// How one block's reward was divided.
struct PayoutRun {
    std::string block;
    std::uint32_t height = 0;
    std::string scheme;     // pplns
    std::int32_t rule = 0;  // the version of the rule that was applied
    std::int64_t computed_at_us = 0;
    std::int64_t reward_sats = 0;
    std::int64_t fee_sats = 0;
    double window_ratio = 0;  // filled part of the window, 1 when full
    std::string input_hash;
    std::string output_hash;
    std::vector<PayoutLine> lines;  // largest amount first
};

// A file that `hashyard verify` takes.
struct ProofQuestion {
    enum class Kind { block, slice, share, receipt, liabilities, consistency } kind = Kind::block;
    std::string name;          // of a block: its hash; of liabilities: the day
    std::uint64_t number = 0;  // of a slice, a share, a size
    std::string user;          // whose part; may be empty
};
struct ProofAnswer {
    std::string text;
    std::string missing;  // why there is none: a sentence
};
struct ProofHead {
    std::string log;  // hexadecimal, as the following
    std::string root;
    std::string key;
    std::string signature;
    std::uint64_t size = 0;
    std::int64_t at_us = 0;
};

class StatisticsSource {
  public:
    virtual ~StatisticsSource() = default;
    virtual PoolHistory pool() = 0;
    virtual std::optional<UserHistory> user(std::string_view user) = 0;
    // At most `count`, those with the latest share first.
    virtual std::vector<WorkerHistory> workers(std::string_view user, std::size_t count) = 0;
    // Highest first; only below `before_height` when given.
    virtual std::vector<BlockHistory> blocks(std::optional<std::uint32_t> before_height,
                                             std::size_t count) = 0;
    virtual std::optional<BlockHistory> block(std::string_view hash) = 0;
    virtual std::optional<PayoutRun> payout_run(std::string_view block) = 0;
    virtual ProofAnswer proof(const ProofQuestion&) { return {{}, "Nothing is signed here."}; }
    // Newest first.
    virtual std::vector<ProofHead> proof_heads(std::size_t) { return {}; }
};

}  // namespace server::http

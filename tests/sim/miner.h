#pragma once
// A mining program of Stratum V1 in virtual time: reads the pool's lines, builds headers from them as real
// clients do, searches a little, and now and then lies, repeats itself or is late.

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/channel_model.h"
#include "tests/sim/pool.h"

namespace sim {

// What the client keeps of a mining.notify.
struct Work {
    std::string job;
    stratum::Hash256 previous;
    stratum::Bytes coinbase_head, coinbase_tail;
    std::vector<stratum::Hash256> branches;
    std::uint32_t version = 0, nbits = 0, ntime = 0;
    std::uint32_t mask = 0;  // bits that may be rolled
};

struct Share {
    std::string line;
    Sent sent;
    stratum::Bytes rest;
    std::uint32_t ntime = 0, nonce = 0, bits = 0;
    std::string worker;
};

class Miner {
  public:
    enum class Habit { honest, careless, liar };

    Miner(Pool& pool, std::string user, Habit habit);

    // The lines it opens a connection with. `resume`: its last session id, or empty.
    std::string greeting(bool resume);
    // A line from the pool that is no answer to a submission.
    void hear(const std::string& line);
    // A submission of some kind; empty when there is nothing to work on.
    std::optional<Share> mine(const stratum::Uint256& target);

    [[nodiscard]] const std::string& extranonce() const { return extranonce_; }
    [[nodiscard]] const std::string& session_id() const { return session_id_; }
    [[nodiscard]] bool ready() const { return !works_.empty(); }
    // New work heard since the last call, oldest first.
    std::vector<Work> take_news() { return std::exchange(news_, {}); }
    std::vector<stratum::Uint256> take_targets() { return std::exchange(targets_, {}); }

  private:
    Share share_of(const Work& work, const stratum::Uint256& target);
    // Header and hash of what the share says, for this work.
    void finish(Share& share, const Work& work) const;
    std::string line_of(const Share& share) const;

    Pool& pool_;
    Random& random_;
    std::string user_;
    Habit habit_;
    bool rolls_;  // versions
    std::string extranonce_;
    std::string session_id_;
    std::uint32_t mask_ = 0;
    std::deque<Work> works_;
    std::vector<Work> news_;
    std::vector<stratum::Uint256> targets_;
    std::deque<Share> past_;
};

}  // namespace sim

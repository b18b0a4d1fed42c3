#pragma once
// How a Stratum V2 client makes its shares: searches a little, and now and then lies, repeats itself or is
// late.

#include <deque>
#include <string>

#include "tests/sim/miner.h"
#include "tests/sim/pool.h"
#include "tests/sim/v2_client.h"

namespace sim {

using Habit = Miner::Habit;

struct V2Share {
    std::uint32_t channel = 0, sequence = 0, job = 0, nonce = 0, ntime = 0, version = 0;
    bool standard = false;       // the message it is sent in
    bool channel_fits = true;    // of this kind, and open
    stratum::Bytes rest;         // extended only
    std::string extension_area;  // extended only
    std::string user, name;      // whose it is
    Sent sent;
};

class V2Shares {
  public:
    V2Shares(Pool& pool, Habit habit) : pool_(pool), random_(pool.random), habit_(habit) {}

    // `names_workers`: extension 0x0002 was negotiated. Empty when there is nothing to send.
    std::optional<V2Share> make(V2Client& client, V2Channel& channel, bool names_workers);
    void forget() { past_.clear(); }  // another connection: ids mean other things

  private:
    const V2Work& pick_work(const V2Channel& channel);
    std::optional<V2Share> again(V2Client& client, V2Channel& channel, bool names_workers);
    void lie(V2Share& share, V2Client& client, const V2Channel& channel);
    void name_worker(V2Share& share, const V2Channel& channel, bool names_workers);
    void finish(V2Share& share, const V2Channel& channel, const V2Work& work) const;

    Pool& pool_;
    Random& random_;
    Habit habit_;
    std::deque<V2Share> past_;
};

}  // namespace sim

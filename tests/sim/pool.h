#pragma once
// One shard of the pool in virtual time: the pool's own desk, settler and journal, and the templates that a
// node would bring. A crash takes everything but the journal's files.

#include <deque>
#include <filesystem>
#include <functional>
#include <memory>

#include "server/metrics.h"
#include "server/pool/session_desk.h"
#include "server/pool/share_settler.h"
#include "stratum/session.h"
#include "tests/sim/ledger.h"
#include "tests/sim/random.h"

namespace sim {

// What a miner rolled for some share. Liars try it again elsewhere, over either protocol.
struct Proof {
    stratum::Bytes rest;
    std::uint32_t ntime = 0, nonce = 0, bits = 0;
};

class Pool {
  public:
    Pool(Random& random_source, std::filesystem::path folder);
    ~Pool();

    void start();
    void crash();
    // A newer template; sessions are not told yet.
    void offer(bool new_tip);
    // Judges and answers all that is in the batch.
    void settle();
    // Hands over bytes in pieces, as a socket might. False when the session closed before it took them all.
    bool feed(stratum::Session& session, std::string_view bytes);
    void make_room();  // in the batch, for one more submission

    server::pool::SessionDesk& desk();
    const server::pool::JournalWriter& journal() const;
    [[nodiscard]] std::uint64_t template_number() const { return template_number_; }
    // The oldest whose jobs are still known.
    [[nodiscard]] std::uint64_t oldest_template() const {
        return replaced_.empty() ? template_number_ : replaced_.front().first;
    }
    void remember(Proof proof);
    [[nodiscard]] const Proof* any_proof();
    void check_bounds() const;
    // A channel was refused for want of a prefix.
    void check_exhausted();

    Random& random;
    Instant now{std::chrono::hours(1)};
    Ledger ledger;
    const bool fixed_versions;  // of Stratum V2
    std::function<void()> before_settling, after_settling;

  private:
    struct Engine;  // what a crash takes away
    [[nodiscard]] std::int64_t wall_clock_us() const;
    [[nodiscard]] std::shared_ptr<const stratum::Template> make_template(bool new_tip);

    const std::filesystem::path folder_;
    const std::uint32_t prefix_count_;
    std::unique_ptr<Engine> engine_;
    std::uint64_t template_number_ = 1;
    std::uint8_t tip_ = 0;
    std::uint64_t contents_ = 0;  // of the template; the same again when nothing is new
    std::deque<std::pair<std::uint64_t, Instant>> replaced_;
    std::deque<Proof> proofs_;
};

}  // namespace sim

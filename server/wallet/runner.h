#pragma once
// Takes payouts from the plan to the chain: looks where each batch stands and does the one next thing. All
// memory is in the database, so it may die between any two lines and be made anew. One thread: books, or a
// command's; two of them at once do no harm, since each step is guarded by the batch's row.

#include <string>

#include "server/store/payout_batches.h"
#include "server/wallet/client.h"
#include "server/wallet/options.h"
#include "stratum/template.h"

namespace server::wallet {

struct StepOutcome {
    std::string did;      // for the log; empty: there was nothing to do
    std::string problem;  // empty: none
};

class Runner {
  public:
    Runner(store::Database& database, WalletRpc& rpc, const WalletOptions& options, stratum::Network network);

    [[nodiscard]] store::PayoutSettings settings() const;
    // One thing for each open batch, and a new batch when the schedule says so.
    enum class Plan { when_due, now, never };
    StepOutcome step(std::int64_t now_us, Plan plan = Plan::when_due);

    // A PSBT that came back signed: checked, finished, stored. Empty: done.
    std::string import_signed(const store::PayoutBatch& batch, const fleet::payout::Bytes& psbt,
                              std::int64_t now_us);
    // Drops a batch; one that may be signed only when its conflict is buried.
    std::string abandon(const store::PayoutBatch& batch, const std::string& why, std::int64_t now_us);
    // The wallet's coins against the books. Empty: equal, or not to be judged now.
    std::string reconcile(std::int64_t now_us);

  private:
    enum class Motion { free, frozen };
    StepOutcome advance(const store::PayoutBatch& batch, Motion motion, std::int64_t now_us);
    StepOutcome build(store::PayoutBatch batch, std::int64_t now_us);
    StepOutcome sign(const store::PayoutBatch& batch, std::int64_t now_us);
    StepOutcome prepare(const store::PayoutBatch& batch, std::int64_t now_us);
    StepOutcome send(const store::PayoutBatch& batch, Motion motion, std::int64_t now_us);
    StepOutcome watch(const store::PayoutBatch& batch, std::int64_t now_us);
    StepOutcome resolve(const store::PayoutBatch& batch, Motion motion, std::int64_t now_us);
    StepOutcome seen(const store::PayoutBatch& batch, const Sighting& sighting, std::int64_t now_us);
    StepOutcome move(const store::PayoutBatch& batch, fleet::payout::BatchState to, const std::string& detail,
                     std::int64_t now_us);
    StepOutcome start_batch(Plan plan, std::int64_t now_us);
    std::string freeze(const std::string& reason, const std::string& detail);
    [[nodiscard]] fleet::payout::ExpectedPayment expected(const store::PayoutBatch& batch) const;

    store::Database& database_;
    Client client_;
    const WalletOptions& options_;
    const stratum::Network network_;
    std::string difference_;  // of the last reconciliation: one that stays freezes
};

}  // namespace server::wallet

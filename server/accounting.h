#pragma once
// The money side of a running server, put together: the bookkeeper and what it is to do. Owned by serve(),
// main thread; the work happens on the bookkeeper's thread with database connections of its own, so a long
// check delays nobody.

#include <memory>
#include <string>

#include <prometheus/registry.h>

#include "server/books/bookkeeper.h"
#include "server/config.h"
#include "server/prices/price_source.h"
#include "server/proof/desk.h"
#include "server/store/database.h"
#include "server/wallet/runner.h"

namespace server {

class Accounting {
  public:
    Accounting(const Config& config, const std::string& database_url, prometheus::Registry& registry);

    void start();  // the schema is there
    // From now on no transaction lasts longer than this.
    void hurry(std::chrono::milliseconds most) { database_.hurry(most); }
    void stop();

  private:
    void add_payouts();
    void add_prices();
    void add_proofs();

    const wallet::WalletOptions payout_;
    const prices::PriceOptions price_options_;
    store::Database database_;
    std::unique_ptr<wallet::WalletRpc> rpc_;  // null: payouts are off
    std::unique_ptr<wallet::Runner> payouts_;
    std::unique_ptr<prices::PriceSource> prices_;  // null: off
    proof::Desk proof_;
    books::Bookkeeper bookkeeper_;
};

}  // namespace server

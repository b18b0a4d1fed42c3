#pragma once
// The ledger as a text that hledger (manual of 1.25) or beancount (2.3) checks: every transfer is one
// transaction, dated by the day it was booked, and each account that moved on a day is asserted at its end.
// Pure; any thread. Transfers come in the order of their numbers, so days only go forward.
// Names of people are written so that no byte of theirs has a meaning for the program, and no two accounts
// share a name.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/ledger/transfer.h"
#include "fleet/statement/text.h"

namespace fleet::statement {

enum class JournalStyle { hledger, beancount };

struct JournalTransfer {
    std::int64_t number = 0;
    ledger::Transfer transfer;
    std::int64_t booked_at_us = 0;
    std::string period;
    unsigned scale = 0;  // of its asset
};

class Journal {
  public:
    // All accounts that will come. `first_day_us`: of the first transfer.
    Journal(JournalStyle style, const std::vector<ledger::AccountKey>& accounts,
            const std::map<std::string, unsigned>& scales, std::int64_t first_day_us);

    void begin(std::string& out) const;  // declarations
    void add(std::string& out, const JournalTransfer& transfer);
    // What one whole unit was worth; belongs before the first transfer.
    void add_price(std::string& out, const std::string& asset, const std::string& currency,
                   const std::string& price, std::int64_t at_us) const;
    void end(std::string& out);  // the last day's assertions

    [[nodiscard]] static std::string account_name(JournalStyle style, const ledger::AccountKey& account);

  private:
    struct Standing {
        Signed balance = 0;  // debits less credits
        unsigned scale = 0;
    };
    void assert_day(std::string& out);
    void move(const ledger::AccountKey& account, const Signed& amount, unsigned scale);
    [[nodiscard]] std::string amount_text(const Signed& amount, unsigned scale,
                                          const std::string& asset) const;

    const JournalStyle style_;
    const std::vector<ledger::AccountKey> accounts_;
    const std::map<std::string, unsigned> scales_;
    const std::int64_t first_day_us_;
    std::int64_t day_us_ = 0;
    std::map<ledger::AccountKey, Standing> standing_;
    std::set<ledger::AccountKey> moved_;  // on the day
};

}  // namespace fleet::statement

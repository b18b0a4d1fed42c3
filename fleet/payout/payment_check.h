#pragma once
// Does this transaction pay the batch, the whole batch and nothing but the batch? Pure; any thread. Asked of
// what the wallet builds, of what comes back signed, and again before it is sent.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fleet/payout/transaction.h"

namespace fleet::payout {

struct ExpectedPayment {
    std::vector<Output> outputs;  // one a script
    Bytes change_script;          // where the rest may go; empty: nowhere
    struct Coin {
        OutPoint point;
        std::int64_t amount_sats = 0;
    };
    std::vector<Coin> coins;                  // exactly these are spent
    std::int64_t fee_max_sats = 0;            // whole
    std::int64_t fee_max_sats_per_vbyte = 0;  // of the transaction as it is here
};

struct PaymentVerdict {
    std::string wrong;  // for a person; empty: it is right
    std::int64_t fee_sats = 0;
    std::int64_t change_sats = 0;
};

enum class Signatures { present, absent };  // absent: the fee rate is judged later
[[nodiscard]] PaymentVerdict check_payment(const Transaction& transaction, const ExpectedPayment& expected,
                                           Signatures signatures);

}  // namespace fleet::payout

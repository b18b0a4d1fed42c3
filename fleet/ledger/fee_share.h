#pragma once
// Who bears the network fee of a payout when its payees do. Pure; any thread. Rounded by largest remainder
// (reward.h), so the shares add up to the fee.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/ledger/integer.h"

namespace fleet::ledger {

enum class FeeShare {
    equal,       // each payee the same
    pro_rata,    // by what each is paid
    output_size  // by the virtual bytes each output takes: what each costs
};
const char* name_of(FeeShare share);
[[nodiscard]] std::optional<FeeShare> parse_fee_share(std::string_view text);

struct FeePayer {
    std::string account;
    Integer amount;  // due to it, base units
    unsigned output_vbytes = 0;
};
struct FeeCharged {
    std::string account;
    Integer fee;
    Integer paid;  // amount - fee
};

// Ascending by account. bad_rule: an account is there twice, or owes more fee than it is paid. no_weight:
// nobody bears it.
[[nodiscard]] LedgerResult<std::vector<FeeCharged>> charge_fee(FeeShare share, const Integer& fee,
                                                               const std::vector<FeePayer>& payers);

}  // namespace fleet::ledger

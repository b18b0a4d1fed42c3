#pragma once
// An amount that moves from one account to another, and the chart of accounts it moves in. Pure; any thread.
// The table account_purposes of migration 0006 is the same chart; a test compares them.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fleet/ledger/integer.h"

namespace fleet::ledger {

enum class AccountClass { asset, liability, equity, income, expense };
const char* name_of(AccountClass account_class);

// positive: never below zero. any: both, such as retained earnings or a wallet that is proven otherwise.
enum class AccountSign { positive, any };

struct AccountPurpose {
    std::string_view purpose;
    AccountClass account_class;
    AccountSign sign;
};

inline constexpr std::array<AccountPurpose, 32> chart_of_accounts{{
    {"wallet", AccountClass::asset, AccountSign::any},         // coins in a wallet; detail names it
    {"coinbase", AccountClass::asset, AccountSign::positive},  // rewards of blocks that are not mature
    {"bank", AccountClass::asset, AccountSign::any},
    {"receivable", AccountClass::asset, AccountSign::positive},  // paid too much; a party owes it
    {"machines", AccountClass::asset, AccountSign::positive},
    {"suspense", AccountClass::asset, AccountSign::any},  // what nobody can explain yet
    {"user_immature", AccountClass::liability, AccountSign::positive},
    {"user", AccountClass::liability, AccountSign::positive},
    {"owner_immature", AccountClass::liability, AccountSign::positive},
    {"owner", AccountClass::liability, AccountSign::positive},
    {"own_immature", AccountClass::liability, AccountSign::positive},  // of the farm's own machines
    {"fee_immature", AccountClass::liability, AccountSign::positive},
    {"unclaimed", AccountClass::liability, AccountSign::positive},
    {"holder", AccountClass::liability, AccountSign::positive},
    {"payable", AccountClass::liability, AccountSign::positive},
    {"buyback_reserve", AccountClass::liability, AccountSign::positive},
    {"retained", AccountClass::equity, AccountSign::any},
    {"cost_cover", AccountClass::equity, AccountSign::any},  // coin kept back for bills in other money
    {"reinvest_fund", AccountClass::equity, AccountSign::positive},
    {"foundation_fund", AccountClass::equity, AccountSign::positive},
    {"reinvest_spent", AccountClass::equity, AccountSign::any},
    {"foundation_spent", AccountClass::equity, AccountSign::any},
    {"conversion", AccountClass::equity, AccountSign::any},  // the other side of an exchange of assets
    {"opening", AccountClass::equity, AccountSign::any},
    {"mining", AccountClass::income, AccountSign::any},
    {"pool_fee", AccountClass::income, AccountSign::any},
    {"donation", AccountClass::income, AccountSign::any},
    {"revenue", AccountClass::income, AccountSign::any},  // other business lines; detail names the line
    {"power", AccountClass::expense, AccountSign::any},
    {"operating", AccountClass::expense, AccountSign::any},
    {"network_fee", AccountClass::expense, AccountSign::any},
    {"orphaned", AccountClass::expense, AccountSign::any},
}};
[[nodiscard]] std::optional<AccountPurpose> find_purpose(std::string_view purpose);

// Names an account. An account comes into being with its first transfer.
struct AccountKey {
    std::string asset;    // "BTC"
    std::string purpose;  // of the chart
    std::string party;    // "user:NAME", "holder:NAME", "owner:NAME", "supplier:NAME"; empty: nobody's
    std::string detail;   // a wallet, a line of business, a site; may be empty

    friend auto operator<=>(const AccountKey&, const AccountKey&) = default;
};

struct Transfer {
    std::string id;  // 32 letters of hexadecimal, from transfer_id()
    AccountKey debit;
    AccountKey credit;  // of the same asset
    Integer amount;     // base units, above zero
    std::string code;   // what it is: reward_subsidy, pool_fee, mature, bill
    std::int64_t event_at_us = 0;
    std::string source_kind;  // what brought it about: block, waterfall, bill, payout
    std::string source_id;
    std::string reverses = {};  // the id of the transfer that this one takes back
    std::string memo = {};
};

// The same source, code and line give the same id for ever, so whatever is done twice is booked once. `line`
// tells apart transfers of one code and source: usually the party.
[[nodiscard]] std::string transfer_id(std::string_view source_kind, std::string_view source_id,
                                      std::string_view code, std::string_view line);

// The transfer that takes `original` back: accounts exchanged, code "reversal", an id of its own.
[[nodiscard]] Transfer reversal_of(const Transfer& original, std::int64_t event_at_us, std::string_view memo);

}  // namespace fleet::ledger

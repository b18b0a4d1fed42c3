#pragma once
// One line of a party's statement: a transfer between one of the party's accounts and somebody else's. Pure
// data, any thread; server/store reads it, the formats of this folder write it. Amounts are in base units and
// count to the party: opening balance plus all amounts is the closing balance.

#include <cstdint>
#include <optional>
#include <string>

#include "fleet/statement/text.h"

namespace fleet::statement {

// What the amount was worth, by the price that was stored for that minute.
struct FiatValue {
    std::string currency;  // "USD"
    std::string price;     // decimal, of one whole unit
    std::string source;
    std::int64_t at_us = 0;
    Signed value = 0;  // with the sign of the amount, in the currency's smallest unit
    unsigned scale = 2;
};

enum class Component { subsidy, fee, aux, bonus, adjust };
const char* name_of(Component component);

// Of an amount that a block brought.
struct BlockPart {
    std::int64_t height = 0;
    std::string hash;
    std::string status;  // as the books stood at the end of what was asked: immature, mature, reversed
    std::string scheme;
    std::int64_t rule_version = 0;
    std::string weight;  // integers of any size
    std::string weight_total;
    Signed gross = 0;     // before the pool's fee
    Signed pool_fee = 0;  // gross less the amount
    std::int64_t run_id = 0;
    std::string run_hash;
};

// Of an amount that was paid out.
struct PayoutPart {
    std::string batch_id;
    std::string method;  // onchain
    std::string address;
    Signed network_fee = 0;  // this payment's part of the transaction's
    std::string fee_payer;   // pool
    std::string txid;
    std::optional<std::uint32_t> output;
    std::optional<std::int64_t> broadcast_at_us;
    std::optional<std::int64_t> confirmed_height;
    std::optional<std::int64_t> confirmed_at_us;
    std::string status;  // settled
    std::string statement_no;
};

struct StatementRow {
    std::string period;  // that it is booked in
    std::int64_t account_id = 0;
    std::string party;  // "user:NAME"
    std::int64_t event_at_us = 0;
    std::int64_t booked_at_us = 0;
    std::string asset;
    unsigned scale = 0;
    Signed amount = 0;
    Component component = Component::adjust;
    std::string code;  // of the transfer
    std::string transfer_id;
    std::string reverses;
    std::string memo;
    std::optional<FiatValue> fiat;
    std::optional<BlockPart> block;
    std::optional<PayoutPart> payout;
};

// "mined, block 876543, transfer 0123…": what every format says of a row where it has one free text.
[[nodiscard]] std::string description_of(const StatementRow& row);
// The party without its kind: NAME of user:NAME.
[[nodiscard]] std::string name_of_party(const std::string& party);

}  // namespace fleet::statement

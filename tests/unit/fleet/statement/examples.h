#pragma once
// Rows that every format is tried on: a reward in two components, one taken back, an adjustment, a payout, a
// holder's part, and names that spreadsheets would run.

#include <vector>

#include "fleet/statement/row.h"

namespace statement_examples {

using namespace fleet::statement;

inline constexpr std::int64_t second_us = 1'000'000;
inline constexpr std::int64_t october_us = 1'790'816'461 * second_us;  // 2026-10-01T01:01:01Z

inline StatementRow earned(const std::string& party, Component component, std::int64_t amount) {
    StatementRow row;
    row.period = "2026-10";
    row.account_id = 12;
    row.party = party;
    row.event_at_us = october_us;
    row.booked_at_us = october_us + 4'500'000;
    row.asset = "BTC";
    row.scale = 8;
    row.amount = amount;
    row.component = component;
    row.code = component == Component::fee ? "reward_fees" : "reward_subsidy";
    row.transfer_id = "0123456789abcdef0123456789abcdef";
    row.fiat =
        FiatValue{"USD", "65000.10", "kraken,coinbase", october_us, amount * 6'500'010 / 100'000'000, 2};
    row.block = BlockPart{876'543,
                          std::string(64, 'b'),
                          "mature",
                          "pplns",
                          1,
                          "5192296858534827628530496329220096",
                          "41538374868278621028243970633760768",
                          amount + amount / 99,
                          amount / 99,
                          7,
                          std::string(64, 'd')};
    return row;
}

inline StatementRow paid(const std::string& party, std::int64_t amount) {
    auto row = earned(party, Component::adjust, -amount);
    row.code = "payout";
    row.transfer_id = "fedcba9876543210fedcba9876543210";
    row.block.reset();
    row.event_at_us += 86'400 * second_us;
    row.payout = PayoutPart{"5f0c7a52-0b5c-4b8e-9d7e-0a1b2c3d4e5f",
                            "onchain",
                            "bc1qexampleexampleexampleexampleexamplee",
                            110,
                            "pool",
                            std::string(64, 'e'),
                            1,
                            october_us + 86'000 * second_us,
                            std::nullopt,
                            october_us + 86'300 * second_us,
                            "settled",
                            "2026-10/user:alice"};
    return row;
}

inline std::vector<StatementRow> october() {
    std::vector<StatementRow> rows{earned("user:alice", Component::subsidy, 219'245'069),
                                   earned("user:alice", Component::fee, 2'931'120)};
    auto back = earned("user:alice", Component::subsidy, -19'245'069);
    back.code = "reversal";
    back.reverses = rows[0].transfer_id;
    back.transfer_id = std::string(32, '9');
    back.block->status = "reversed";
    rows.push_back(back);
    rows.push_back(paid("user:alice", 100'000'000));
    auto holder = earned("holder:=cmd|' /C calc'!A0", Component::bonus, 5);
    holder.code = "holders";
    holder.block.reset();
    holder.fiat->value = 0;
    rows.push_back(holder);
    auto odd = earned("user:\"quoted\", and\r\n@broken", Component::adjust, 1);
    odd.code = "fee_override";
    odd.fiat->value = 0;
    rows.push_back(odd);
    return rows;
}

}  // namespace statement_examples

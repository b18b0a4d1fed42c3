#pragma once
// Payout batches in the database: planned and reserved, built, signed, sent, settled or abandoned, with the
// ledger's side of each step in the same transaction. Any thread; one transaction each; every step may be
// repeated. The functions that give a string give why the step was refused, empty when it was done. The
// rules are in the migration of payouts and in fleet/payout/batch.h.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fleet/payout/batch.h"
#include "fleet/payout/payment_check.h"
#include "fleet/payout/plan.h"
#include "server/store/database.h"
#include "stratum/template.h"

namespace server::store {

struct PayoutSettings {
    std::string asset = "BTC";
    std::string wallet = "main";  // the ledger's wallet account
    fleet::payout::PlanRules rules;
    std::int64_t address_hold_us = 72 * 3'600'000'000LL;  // after a change of address
    stratum::Network network = stratum::Network::main;
};

// Who is due now. Notes new addresses of users on the way; reserves nothing.
[[nodiscard]] Stored<fleet::payout::Plan> plan_due(Database& database, const PayoutSettings& settings,
                                                   std::int64_t now_us);

struct ReservedPayout {
    std::string batch;    // empty: nobody is due, or refused
    std::string refused;  // frozen, another batch in the making, an account that would fall below zero
    fleet::payout::Plan plan;
};
[[nodiscard]] Stored<ReservedPayout> reserve_payout(Database& database, const PayoutSettings& settings,
                                                    std::int64_t now_us);

struct PayoutBatch {
    std::string id;
    std::string asset;
    std::string wallet;
    fleet::payout::BatchState state = fleet::payout::BatchState::reserved;
    bool exported = false;
    std::int64_t made_at_us = 0;
    fleet::payout::Bytes psbt;
    fleet::payout::Bytes change_script;
    fleet::payout::Bytes raw_tx;
    std::string txid;
    std::int64_t fee_sats = 0;
    std::int64_t change_sats = 0;
    std::vector<fleet::payout::PlannedItem> items;
    std::vector<fleet::payout::ExpectedPayment::Coin> coins;
};
// When the newest batch was made; 0: never.
[[nodiscard]] Stored<std::int64_t> last_payout_us(Database& database, const std::string& wallet);
// Neither settled nor abandoned, oldest first; all: every batch.
enum class Which { open, all };
[[nodiscard]] Stored<std::vector<PayoutBatch>> payout_batches(Database& database, Which which);

// The unsigned transaction with the coins it spends, which become the batch's own.
[[nodiscard]] Stored<std::string> record_built(Database& database, const PayoutBatch& built,
                                               std::int64_t now_us);
// From now on others may sign it, so the batch is no longer dropped lightly.
[[nodiscard]] Stored<std::string> record_exported(Database& database, const std::string& batch,
                                                  std::int64_t now_us);
// The final bytes; counts the mark up.
[[nodiscard]] Stored<std::string> record_signed(Database& database, const PayoutBatch& with_transaction,
                                                std::int64_t now_us);
[[nodiscard]] Stored<std::string> move_payout(Database& database, const std::string& batch,
                                              fleet::payout::BatchState to, const std::string& detail,
                                              std::int64_t now_us);
[[nodiscard]] Stored<std::string> note_seen(Database& database, const std::string& txid,
                                            std::int32_t confirmations, const std::string& block,
                                            std::int64_t now_us);

// Books what the transaction pays on the chain, and its fee.
[[nodiscard]] Stored<std::string> settle_payout(Database& database, const PayoutBatch& batch,
                                                std::int64_t now_us);
// conflict_is_buried: the caller has seen another transaction of ours, 6 blocks deep, spend its coin.
enum class AbandonProof { none, conflict_is_buried };
[[nodiscard]] Stored<std::string> abandon_payout(Database& database, const std::string& batch,
                                                 const std::string& why, AbandonProof proof,
                                                 std::int64_t now_us);

// Payouts known from copies outside the database, after it was restored: set aside, stored as signed; the
// runner asks the chain. One transaction each, in any order, and again without harm. What a user no longer
// has is booked as owed to us (receivable). Batches in the making that no copy knows were never sent: they
// are abandoned. Gives for each copy why it was refused; empty: it is known now.
[[nodiscard]] Stored<std::vector<std::string>> adopt_payouts(Database& database,
                                                             const std::vector<PayoutBatch>& copies,
                                                             std::int64_t now_us);

[[nodiscard]] Stored<std::string> quarantine_payee(Database& database, const std::string& party,
                                                   const std::string& reason, const std::string& by);
[[nodiscard]] Stored<std::string> release_payee(Database& database, const std::string& party,
                                                const std::string& by);

struct PayoutMark {
    std::string database_id;
    std::int64_t epoch = 0;
};
[[nodiscard]] Stored<PayoutMark> payout_mark(Database& database);

// What the wallet should hold: its account in the ledger less what is sent and not settled.
struct WalletBooks {
    bool uncertain = false;  // a batch is being sent: the wallet may hold either
    std::string account;     // base units, may be negative
    std::string in_flight;   // of batches that nodes know and that are not booked
    std::string expected;
};
[[nodiscard]] Stored<WalletBooks> wallet_books(Database& database, const std::string& asset,
                                               const std::string& wallet);

}  // namespace server::store

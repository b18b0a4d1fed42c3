#pragma once
// Inside the store only: what the files of payout batches share.

#include <string>

#include "fleet/ledger/transfer.h"
#include "server/store/ledger_posting.h"
#include "server/store/payout_batches.h"
#include "server/store/transaction.h"

namespace server::store {

// Runs `work(transaction)`; a rule that says no becomes its text.
template <typename Work>
Stored<std::string> unless_refused(Database& database, Work work) {
    try {
        return transact(database, [&](pqxx::work& transaction) {
            work(transaction);
            return std::string();
        });
    } catch (const std::exception& failure) {
        auto refusal = ledger_refusal_in(failure);
        if (!refusal) throw;
        return std::move(*refusal);
    }
}

std::string pending_payout_id(const std::string& batch, const std::string& party);
// The amounts leave the users' reach: one pending transfer a party.
void set_aside(pqxx::work& transaction, const PayoutBatch& batch, std::int64_t now_us);
void insert_batch(pqxx::work& transaction, const PayoutBatch& batch, std::int64_t now_us);
void insert_coins(pqxx::work& transaction, const PayoutBatch& batch);
void note_event(pqxx::work& transaction, const std::string& batch, const std::string& detail,
                std::int64_t now_us);
// Locks the batch's row and gives its state. Throws LedgerRefusal when there is none.
fleet::payout::BatchState lock_batch(pqxx::work& transaction, const std::string& batch);
void move_state(pqxx::work& transaction, const std::string& batch, fleet::payout::BatchState to,
                const std::string& detail, std::int64_t now_us);
// Throws LedgerRefusal unless the batch's bytes pay its items, each script exactly.
void require_paid(const PayoutBatch& batch);
void store_signed(pqxx::work& transaction, const PayoutBatch& batch);
std::string payouts_frozen(pqxx::work& transaction);  // why; empty: they are not

}  // namespace server::store

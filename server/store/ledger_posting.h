#pragma once
// Inside the store only: writing to the ledger as part of a transaction of one's own. Whoever posts holds the
// ledger's turn until the transaction ends, so do the slow part first.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "fleet/ledger/transfer.h"
#include "server/store/transaction.h"

namespace server::store {

// A rule of the ledger says no: the transaction has to end. The text is for a person.
struct LedgerRefusal : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The refusal in an exception: a LedgerRefusal, or a constraint of the ledger's tables. nullopt: something
// else.
std::optional<std::string> ledger_refusal_in(const std::exception& failure);

// Books those transfers that are not there yet, in the order given; booking time is `now_us` or, should the
// clock have run backwards, that of the transfer before. Gives how many were new. Throws LedgerRefusal when
// an id is there with another body; the database refuses closed periods and accounts below zero.
std::size_t post(pqxx::work& transaction, std::int64_t now_us,
                 const std::vector<fleet::ledger::Transfer>& transfers);

// Sets amounts aside; an id that is there already must say the same. Reversals and memos are not kept.
std::size_t reserve(pqxx::work& transaction, std::int64_t now_us,
                    const std::vector<fleet::ledger::Transfer>& pending);
// The pending transfer becomes a transfer of `amount`, at most what was set aside. False: it was done before.
bool post_pending(pqxx::work& transaction, std::int64_t now_us, const std::string& pending,
                  const fleet::ledger::Integer& amount, std::int64_t event_at_us, std::string_view memo);
// What was set aside is free again. False: it was done before.
bool void_pending(pqxx::work& transaction, std::int64_t now_us, const std::string& pending);

// Takes the ledger's turn before reading what one wants to act on.
void lock_ledger(pqxx::work& transaction);

// All transfers of one source, in the order of booking, those reversed and reversals included.
std::vector<fleet::ledger::Transfer> transfers_of_source(pqxx::work& transaction,
                                                         const std::string& source_kind,
                                                         const std::string& source_id);

// Credits less debits of liabilities, equity and income, debits less credits of the others, pending amounts
// taken off.
fleet::ledger::Integer available_in(pqxx::work& transaction, const fleet::ledger::AccountKey& account);

}  // namespace server::store

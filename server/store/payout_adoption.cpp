// Payouts that a restored database has forgotten, booked from their copies.

#include <algorithm>
#include <map>

#include "server/store/payout_rows.h"

namespace server::store {

namespace {

using fleet::ledger::AccountKey;
using fleet::ledger::Integer;
using fleet::ledger::Transfer;
using fleet::ledger::transfer_id;
using fleet::payout::BatchState;

// The coins are gone; where the books of today do not cover them, the user owes them.
void cover(pqxx::work& transaction, const PayoutBatch& copy, std::int64_t now_us) {
    std::map<std::string, Integer> wanted;
    for (const auto& item : copy.items) wanted[item.party] += static_cast<std::uint64_t>(item.amount_sats);
    std::vector<Transfer> transfers;
    for (const auto& [party, amount] : wanted) {
        const AccountKey user{copy.asset, "user", party, ""};
        const auto there = available_in(transaction, user);
        if (there >= amount) continue;
        Transfer transfer;
        transfer.id = transfer_id("payout", copy.id, "shortfall", party);
        transfer.debit = {copy.asset, "receivable", party, ""};
        transfer.credit = user;
        transfer.amount = amount - there;
        transfer.code = "shortfall";
        transfer.event_at_us = now_us;
        transfer.source_kind = "payout";
        transfer.source_id = copy.id;
        transfer.memo = "paid out before the database was restored";
        transfers.push_back(std::move(transfer));
    }
    if (!transfers.empty()) post(transaction, now_us, transfers);
}

void adopt(pqxx::work& transaction, const PayoutBatch& copy, std::int64_t now_us) {
    lock_ledger(transaction);
    const auto known = transaction.exec_params(
        "select batch::text, state from payout_batches where batch::text = $1 or txid = $2 for update",
        copy.id, copy.txid);
    require_paid(copy);
    if (known.empty()) {
        cover(transaction, copy, now_us);
        insert_batch(transaction, copy, now_us);
        set_aside(transaction, copy, now_us);
    } else if (known[0][0].as<std::string>() != copy.id) {
        throw LedgerRefusal("transaction " + copy.txid + " belongs to another batch");
    }
    const auto state = lock_batch(transaction, copy.id);
    if (state == BatchState::abandoned)
        throw LedgerRefusal("batch " + copy.id + " was abandoned, but its copy says that it may be paid: " +
                            "look for " + copy.txid + " on the chain");
    if (state == BatchState::reserved) {
        transaction.exec_params(
            "update payout_batches set raw_psbt = ''::bytea, change_script = $2::bytea, state = 'built' "
            "where batch = $1::uuid",
            copy.id, bytea(copy.change_script));
        insert_coins(transaction, copy);
    }
    if (state != BatchState::reserved && state != BatchState::built) return;
    store_signed(transaction, copy);
    note_event(transaction, copy.id, "adopted from a copy", now_us);
}

// Of the copies, those whose batch the database has; and the batches in the making.
struct Standing {
    std::vector<std::string> known;
    std::vector<std::string> in_making;
};
Stored<Standing> standing(Database& database) {
    return transact(database, [&](pqxx::work& transaction) {
        Standing out;
        for (const auto& row :
             transaction.exec("select batch::text, state in ('reserved', 'built') from payout_batches")) {
            out.known.push_back(row[0].as<std::string>());
            if (row[1].as<bool>()) out.in_making.push_back(out.known.back());
        }
        return out;
    });
}

}  // namespace

// Known ones first: of the others only one can be in the making, and the same coins may be in both.
Stored<std::vector<std::string>> adopt_payouts(Database& database, const std::vector<PayoutBatch>& copies,
                                               std::int64_t now_us) {
    const auto stands = standing(database);
    if (!stands) return stands.error();
    const auto has = [](const std::vector<std::string>& ids, const std::string& id) {
        return std::find(ids.begin(), ids.end(), id) != ids.end();
    };
    std::vector<std::string> refused(copies.size());
    const auto adopt_those = [&](bool known) -> std::optional<Unavailable> {
        for (std::size_t i = 0; i < copies.size(); ++i) {
            if (has(stands->known, copies[i].id) != known) continue;
            auto one = unless_refused(
                database, [&](pqxx::work& transaction) { adopt(transaction, copies[i], now_us); });
            if (!one) return one.error();
            refused[i] = std::move(*one);
        }
        return std::nullopt;
    };
    if (auto away = adopt_those(true)) return *away;
    const bool strangers = std::any_of(copies.begin(), copies.end(),
                                       [&](const PayoutBatch& copy) { return !has(stands->known, copy.id); });
    for (const auto& batch : stands->in_making) {
        const bool named = std::any_of(copies.begin(), copies.end(),
                                       [&](const PayoutBatch& copy) { return copy.id == batch; });
        if (named || !strangers) continue;
        // One that was exported is refused: it may be signed. The copy is then refused with its name.
        const auto dropped = abandon_payout(database, batch, "made before the database was restored",
                                            AbandonProof::none, now_us);
        if (!dropped) return dropped.error();
    }
    if (auto away = adopt_those(false)) return *away;
    return refused;
}

}  // namespace server::store

// Payouts that a restored database has forgotten, booked from their copies.

#include <algorithm>
#include <map>
#include <set>

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

// Every batch there is, and which of them is in the making: none of the two has been sent.
struct Standing {
    std::set<std::string> known;
    std::vector<std::string> in_making;
};
Stored<Standing> standing(Database& database) {
    return transact(database, [&](pqxx::work& transaction) {
        Standing out;
        for (const auto& row :
             transaction.exec("select batch::text, state in ('reserved', 'built') from payout_batches")) {
            const auto id = row[0].as<std::string>();
            if (row[1].as<bool>()) out.in_making.push_back(id);
            out.known.insert(id);
        }
        return out;
    });
}

// Makes room for copies of batches that the database does not know: one batch at a time is in the making,
// and the same coins may be in both. Empty: there is room. One that was exported may be signed and stays.
Stored<std::string> make_room(Database& database, const std::vector<std::string>& in_making,
                              const std::set<std::string>& named, std::int64_t now_us) {
    for (const auto& batch : in_making) {
        if (named.count(batch) != 0) continue;
        auto refused = abandon_payout(database, batch, "made before the database was restored",
                                      AbandonProof::none, now_us);
        if (!refused || !refused->empty()) return refused;
    }
    return std::string();
}

}  // namespace

Stored<std::vector<std::string>> adopt_payouts(Database& database, const std::vector<PayoutBatch>& copies,
                                               std::int64_t now_us) {
    const auto stands = standing(database);
    if (!stands) return stands.error();
    std::set<std::string> named;
    std::vector<std::size_t> order;  // those the database knows first: they free what the others need
    for (std::size_t i = 0; i < copies.size(); ++i) {
        named.insert(copies[i].id);
        order.push_back(i);
    }
    const auto is_known = [&](std::size_t i) { return stands->known.count(copies[i].id) != 0; };
    const auto strangers = std::stable_partition(order.begin(), order.end(), is_known);
    std::vector<std::string> refused(copies.size());
    for (auto place = order.begin(); place != order.end(); ++place) {
        if (place == strangers) {
            const auto no_room = make_room(database, stands->in_making, named, now_us);
            if (!no_room) return no_room.error();
            for (auto rest = place; !no_room->empty() && rest != order.end(); ++rest)
                refused[*rest] = *no_room + "; bring it back signed first: hashyard payout import";
            if (!no_room->empty()) break;
        }
        auto one = unless_refused(
            database, [&](pqxx::work& transaction) { adopt(transaction, copies[*place], now_us); });
        if (!one) return one.error();
        refused[*place] = std::move(*one);
    }
    return refused;
}

}  // namespace server::store

#include "server/store/payout_batches.h"

#include <map>

#include "server/store/numbers.h"
#include "server/store/payout_rows.h"

namespace server::store {

namespace {

using fleet::ledger::Transfer;
using fleet::ledger::transfer_id;
using fleet::payout::BatchState;
using fleet::payout::Bytes;
using fleet::payout::hex_of;
using fleet::payout::may_follow;
using fleet::payout::outputs_of;
using fleet::payout::parse_batch_state;
using fleet::payout::parse_transaction;
using fleet::payout::txid_of;

Transfer transfer_of(const PayoutBatch& batch, const std::string& code, const std::string& party) {
    Transfer transfer;
    transfer.id = transfer_id("payout", batch.id, code, party);
    transfer.credit = {batch.asset, "wallet", "", batch.wallet};
    transfer.code = code;
    transfer.source_kind = "payout";
    transfer.source_id = batch.id;
    return transfer;
}

void release(pqxx::work& transaction, const std::string& batch) {
    transaction.exec_params("update payout_items set active = false where batch = $1::uuid and active",
                            batch);
    transaction.exec_params("update utxo_reservations set active = false where batch = $1::uuid and active",
                            batch);
}

std::vector<std::string> parties_of(pqxx::work& transaction, const std::string& batch) {
    std::vector<std::string> parties;
    for (const auto& row : transaction.exec_params(
             "select o.party from payout_items i join obligations o on o.id = i.obligation where i.batch = "
             "$1::uuid order by o.id",
             batch))
        parties.push_back(row[0].as<std::string>());
    return parties;
}

void read_parts(pqxx::work& transaction, PayoutBatch& batch) {
    for (const auto& row : transaction.exec_params(
             "select o.party, encode(i.script, 'hex'), i.amount from payout_items i join obligations o on "
             "o.id = i.obligation where i.batch = $1::uuid order by o.party",
             batch.id))
        batch.items.push_back({row[0].as<std::string>(), bytes_of(row[1]), row[2].as<std::int64_t>()});
    for (const auto& row : transaction.exec_params(
             "select txid, vout, amount from utxo_reservations where batch = $1::uuid order by txid, vout",
             batch.id))
        batch.coins.push_back(
            {{row[0].as<std::string>(), row[1].as<std::uint32_t>()}, row[2].as<std::int64_t>()});
}

}  // namespace

// What the bytes pay to each script is what the items of that script add up to; anything else is not booked.
void require_paid(const PayoutBatch& batch) {
    const auto transaction = parse_transaction(batch.raw_tx);
    if (!transaction || txid_of(*transaction) != batch.txid)
        throw LedgerRefusal("the stored transaction of batch " + batch.id + " is not " + batch.txid);
    std::map<Bytes, std::int64_t> paid;
    for (const auto& output : transaction->outputs) paid[output.script] += output.amount_sats;
    for (const auto& output : outputs_of(batch.items))
        if (paid[output.script] != output.amount_sats)
            throw LedgerRefusal("the chain pays " + std::to_string(paid[output.script]) + " instead of " +
                                std::to_string(output.amount_sats) + " to " + hex_of(output.script));
}

std::string pending_payout_id(const std::string& batch, const std::string& party) {
    return transfer_id("payout", batch, "payout", party);
}

std::string payouts_frozen(pqxx::work& transaction) {
    const auto rows = transaction.exec(
        "select coalesce(string_agg(reason || ' (' || detail || ')', '; ' order by id), '') from "
        "payout_freezes where cleared_at is null");
    return rows[0][0].as<std::string>();
}

void note_event(pqxx::work& transaction, const std::string& batch, const std::string& detail,
                std::int64_t now_us) {
    transaction.exec_params(
        "insert into payout_events (batch, at_us, state, detail) select batch, $2, state, $3 from "
        "payout_batches where batch = $1::uuid",
        batch, now_us, detail);
}

BatchState lock_batch(pqxx::work& transaction, const std::string& batch) {
    const auto rows =
        transaction.exec_params("select state from payout_batches where batch::text = $1 for update", batch);
    if (rows.empty()) throw LedgerRefusal("there is no payout batch " + batch);
    return parse_batch_state(rows[0][0].as<std::string>()).value();
}

void move_state(pqxx::work& transaction, const std::string& batch, BatchState to, const std::string& detail,
                std::int64_t now_us) {
    const auto from = lock_batch(transaction, batch);
    if (from == to) return;
    if (!may_follow(from, to))
        throw LedgerRefusal("batch " + batch + " is " + name_of(from) + " and cannot become " + name_of(to));
    transaction.exec_params("update payout_batches set state = $2 where batch = $1::uuid", batch,
                            name_of(to));
    note_event(transaction, batch, detail, now_us);
}

void insert_batch(pqxx::work& transaction, const PayoutBatch& batch, std::int64_t now_us) {
    transaction.exec_params(
        "insert into payout_batches (batch, asset, wallet, made_at_us) values ($1::uuid, $2, $3, $4)",
        batch.id, batch.asset, batch.wallet, now_us);
    for (const auto& item : batch.items)
        transaction.exec_params(
            "with o as (insert into obligations (party, asset, amount, made_at_us) values ($2, $3, $4, $5) "
            "returning id) insert into payout_items (batch, obligation, script, amount) select $1::uuid, id, "
            "$6::bytea, $4 from o",
            batch.id, item.party, batch.asset, item.amount_sats, now_us, bytea(item.script));
    note_event(transaction, batch.id, "", now_us);
}

void set_aside(pqxx::work& transaction, const PayoutBatch& batch, std::int64_t now_us) {
    std::vector<Transfer> pending;
    for (const auto& item : batch.items) {
        auto transfer = transfer_of(batch, "payout", item.party);
        transfer.debit = {batch.asset, "user", item.party, ""};
        transfer.amount = item.amount_sats;
        pending.push_back(std::move(transfer));
    }
    reserve(transaction, now_us, pending);
}

void insert_coins(pqxx::work& transaction, const PayoutBatch& batch) {
    for (const auto& coin : batch.coins)
        transaction.exec_params(
            "insert into utxo_reservations (batch, txid, vout, amount) values ($1::uuid, $2, $3, $4)",
            batch.id, coin.point.txid, static_cast<std::int64_t>(coin.point.index), coin.amount_sats);
}

void store_signed(pqxx::work& transaction, const PayoutBatch& batch) {
    transaction.exec_params(
        "update payout_batches set raw_tx = $2::bytea, txid = $3, fee = $4, change = $5, state = "
        "'fully_signed' where batch = $1::uuid",
        batch.id, bytea(batch.raw_tx), batch.txid, batch.fee_sats, batch.change_sats);
    transaction.exec("update payout_mark set epoch = epoch + 1");
}

Stored<std::int64_t> last_payout_us(Database& database, const std::string& wallet) {
    return transact(database, [&](pqxx::work& transaction) {
        return transaction
            .exec_params1("select coalesce(max(made_at_us), 0) from payout_batches where wallet = $1",
                          wallet)[0]
            .as<std::int64_t>();
    });
}

Stored<std::vector<PayoutBatch>> payout_batches(Database& database, Which which) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<PayoutBatch> batches;
        for (const auto& row : transaction.exec_params(
                 "select batch::text, asset, wallet, state, exported, made_at_us, coalesce(encode(raw_psbt, "
                 "'hex'), ''), coalesce(encode(change_script, 'hex'), ''), coalesce(encode(raw_tx, 'hex'), "
                 "''), coalesce(txid, ''), coalesce(fee, 0), coalesce(change, 0) from payout_batches where "
                 "$1 or state not in ('settled', 'abandoned') order by made_at_us, batch",
                 which == Which::all)) {
            PayoutBatch batch;
            batch.id = row[0].as<std::string>();
            batch.asset = row[1].as<std::string>();
            batch.wallet = row[2].as<std::string>();
            batch.state = parse_batch_state(row[3].as<std::string>()).value();
            batch.exported = row[4].as<bool>();
            batch.made_at_us = row[5].as<std::int64_t>();
            batch.psbt = bytes_of(row[6]);
            batch.change_script = bytes_of(row[7]);
            batch.raw_tx = bytes_of(row[8]);
            batch.txid = row[9].as<std::string>();
            batch.fee_sats = row[10].as<std::int64_t>();
            batch.change_sats = row[11].as<std::int64_t>();
            batches.push_back(std::move(batch));
        }
        for (auto& batch : batches) read_parts(transaction, batch);
        return batches;
    });
}

Stored<std::string> record_built(Database& database, const PayoutBatch& built, std::int64_t now_us) {
    return unless_refused(database, [&](pqxx::work& transaction) {
        if (lock_batch(transaction, built.id) != BatchState::reserved) return;  // somebody was faster
        transaction.exec_params(
            "update payout_batches set raw_psbt = $2::bytea, change_script = $3::bytea, state = 'built' "
            "where batch = $1::uuid",
            built.id, bytea(built.psbt), bytea(built.change_script));
        insert_coins(transaction, built);
        note_event(transaction, built.id, "", now_us);
    });
}

Stored<std::string> record_exported(Database& database, const std::string& batch, std::int64_t now_us) {
    return unless_refused(database, [&](pqxx::work& transaction) {
        if (lock_batch(transaction, batch) != BatchState::built)
            throw LedgerRefusal("only a built batch is exported");
        transaction.exec_params("update payout_batches set exported = true where batch = $1::uuid", batch);
        note_event(transaction, batch, "exported", now_us);
    });
}

Stored<std::string> record_signed(Database& database, const PayoutBatch& batch, std::int64_t now_us) {
    return unless_refused(database, [&](pqxx::work& transaction) {
        const auto state = lock_batch(transaction, batch.id);
        if (state != BatchState::built) {
            const auto known = transaction.exec_params(
                "select from payout_batches where batch = $1::uuid and raw_tx = $2::bytea", batch.id,
                bytea(batch.raw_tx));
            if (known.empty())
                throw LedgerRefusal("batch " + batch.id + " is " + name_of(state) + " with other bytes");
            return;
        }
        store_signed(transaction, batch);
        note_event(transaction, batch.id, batch.txid, now_us);
    });
}

Stored<std::string> move_payout(Database& database, const std::string& batch, BatchState to,
                                const std::string& detail, std::int64_t now_us) {
    return unless_refused(database, [&](pqxx::work& transaction) {
        if (to == BatchState::broadcast) {
            lock_ledger(transaction);
            if (const auto frozen = payouts_frozen(transaction); !frozen.empty())
                throw LedgerRefusal("payouts are frozen: " + frozen);
        }
        move_state(transaction, batch, to, detail, now_us);
    });
}

Stored<std::string> note_seen(Database& database, const std::string& txid, std::int32_t confirmations,
                              const std::string& block, std::int64_t now_us) {
    return unless_refused(database, [&](pqxx::work& transaction) {
        transaction.exec_params(
            "insert into chain_observations (txid, at_us, confirmations, block) select $1, $2, $3, $4 where "
            "not exists (select from (select confirmations, block from chain_observations where txid = $1 "
            "order by id desc limit 1) o where o.confirmations = $3 and o.block = $4)",
            txid, now_us, confirmations, block);
    });
}

Stored<std::string> settle_payout(Database& database, const PayoutBatch& batch, std::int64_t now_us) {
    return unless_refused(database, [&](pqxx::work& transaction) {
        require_paid(batch);
        lock_ledger(transaction);
        move_state(transaction, batch.id, BatchState::settled, batch.txid, now_us);
        for (const auto& item : batch.items)
            post_pending(transaction, now_us, pending_payout_id(batch.id, item.party), item.amount_sats,
                         now_us, batch.txid);
        if (batch.fee_sats == 0) return;
        auto fee = transfer_of(batch, "network_fee", "");
        fee.debit = {batch.asset, "network_fee", "", ""};
        fee.amount = batch.fee_sats;
        fee.event_at_us = now_us;
        fee.memo = batch.txid;
        post(transaction, now_us, {fee});
    });
}

Stored<std::string> abandon_payout(Database& database, const std::string& batch, const std::string& why,
                                   AbandonProof proof, std::int64_t now_us) {
    return unless_refused(database, [&](pqxx::work& transaction) {
        lock_ledger(transaction);
        const auto state = lock_batch(transaction, batch);
        if (state == BatchState::abandoned) return;
        const auto exported =
            transaction.exec_params1("select exported from payout_batches where batch = $1::uuid", batch)[0]
                .as<bool>();
        const bool signed_somewhere =
            exported || (state != BatchState::reserved && state != BatchState::built);
        if (signed_somewhere && proof != AbandonProof::conflict_is_buried)
            throw LedgerRefusal(
                "batch " + batch +
                " may be signed: it is dropped only when another transaction of the wallet has spent one of "
                "its coins and lies 6 blocks deep");
        move_state(transaction, batch, BatchState::abandoned, why, now_us);
        for (const auto& party : parties_of(transaction, batch))
            void_pending(transaction, now_us, pending_payout_id(batch, party));
        release(transaction, batch);
    });
}

Stored<PayoutMark> payout_mark(Database& database) {
    return transact(database, [&](pqxx::work& transaction) {
        const auto row = transaction.exec1("select database_id::text, epoch from payout_mark");
        return PayoutMark{row[0].as<std::string>(), row[1].as<std::int64_t>()};
    });
}

Stored<WalletBooks> wallet_books(Database& database, const std::string& asset, const std::string& wallet) {
    return transact(database, [&](pqxx::work& transaction) {
        const auto row = transaction.exec_params1(
            "select w.held, f.sent, w.held - f.sent, exists (select from payout_batches where asset = $1 and "
            "wallet = $2 and state in ('broadcast', 'unknown')) from (select coalesce(sum(b.debits - "
            "b.credits), 0) as held from accounts a join balances b on b.account = a.id where a.asset = $1 "
            "and a.purpose = 'wallet' and a.detail = $2) w, (select coalesce(sum(b.fee + (select sum(amount) "
            "from payout_items i where i.batch = b.batch)), 0) as sent from payout_batches b where b.asset = "
            "$1 and b.wallet = $2 and b.state = 'confirming') f",
            asset, wallet);
        return WalletBooks{row[3].as<bool>(), row[0].as<std::string>(), row[1].as<std::string>(),
                           row[2].as<std::string>()};
    });
}

}  // namespace server::store

// Who is due: balances, addresses and quarantines read for fleet/payout/plan.h, and the plan set aside.

#include "server/store/numbers.h"
#include "server/store/payout_rows.h"
#include "stratum/address.h"

namespace server::store {

namespace {

using fleet::payout::Candidate;
using fleet::payout::money_max_sats;
using fleet::payout::Plan;
using fleet::payout::plan_payout;

// Users' addresses as they are now become rows that nothing changes. A first address is usable at once, a
// changed one after the hold.
void note_addresses(pqxx::work& transaction, const PayoutSettings& settings, std::int64_t now_us) {
    const auto changed = transaction.exec_params(
        "select 'user:' || u.name, u.payout_address, n.party is not null from users u join parties p on "
        "p.key = 'user:' || u.name join accounts a on a.party = p.id and a.purpose = 'user' and a.asset = $1 "
        "left join lateral (select e.party, e.address from payee_addresses e where e.party = p.key and "
        "e.asset = $1 order by e.id desc limit 1) n on true where u.payout_address is not null and "
        "n.address is distinct from u.payout_address",
        settings.asset);
    for (const auto& row : changed) {
        const auto parsed = stratum::parse_address(row[1].as<std::string>(), settings.network);
        if (!parsed.ok) continue;  // stays without an address: held alone
        transaction.exec_params(
            "insert into payee_addresses (party, asset, script, address, valid_from_us, usable_from_us) "
            "values ($1, $2, $3::bytea, $4, $5, $6)",
            row[0].as<std::string>(), settings.asset, bytea(parsed.address.script), row[1].as<std::string>(),
            now_us, now_us + (row[2].as<bool>() ? settings.address_hold_us : 0));
    }
}

std::vector<Candidate> candidates(pqxx::work& transaction, const PayoutSettings& settings,
                                  std::int64_t now_us) {
    std::vector<Candidate> out;
    for (const auto& row : transaction.exec_params(
             "select p.key, least(b.credits - b.debits - b.pending_debits, $3::numeric)::bigint, "
             "coalesce(encode(e.script, 'hex'), ''), case when q.reason is not null then q.reason when "
             "e.usable_from_us > $2 then 'the address changed lately' else '' end "
             "from accounts a join balances b on b.account = a.id join parties p on p.id = a.party "
             "left join users u on 'user:' || u.name = p.key "
             "left join lateral (select * from payee_addresses e where e.party = p.key and e.asset = a.asset "
             "order by e.id desc limit 1) e on e.address = u.payout_address "
             "left join payee_quarantines q on q.party = p.key and q.cleared_at is null "
             "where a.asset = $1 and a.purpose = 'user' and a.detail = '' and p.key like 'user:%' and "
             "b.credits - b.debits - b.pending_debits > 0",
             settings.asset, now_us, money_max_sats)) {
        Candidate candidate;
        candidate.party = row[0].as<std::string>();
        candidate.available_sats = row[1].as<std::int64_t>();
        candidate.script = bytes_of(row[2]);
        candidate.quarantine = row[3].as<std::string>();
        out.push_back(std::move(candidate));
    }
    return out;
}

Plan plan_in(pqxx::work& transaction, const PayoutSettings& settings, std::int64_t now_us) {
    note_addresses(transaction, settings, now_us);
    return plan_payout(candidates(transaction, settings, now_us), settings.rules);
}

}  // namespace

Stored<Plan> plan_due(Database& database, const PayoutSettings& settings, std::int64_t now_us) {
    return transact(database,
                    [&](pqxx::work& transaction) { return plan_in(transaction, settings, now_us); });
}

Stored<ReservedPayout> reserve_payout(Database& database, const PayoutSettings& settings,
                                      std::int64_t now_us) {
    ReservedPayout out;
    const auto refused = unless_refused(database, [&](pqxx::work& transaction) {
        out = {};
        lock_ledger(transaction);
        if (const auto frozen = payouts_frozen(transaction); !frozen.empty())
            throw LedgerRefusal("payouts are frozen: " + frozen);
        out.plan = plan_in(transaction, settings, now_us);
        if (out.plan.items.empty()) return;
        PayoutBatch batch;
        batch.id = transaction.exec1("select gen_random_uuid()::text")[0].as<std::string>();
        batch.asset = settings.asset;
        batch.wallet = settings.wallet;
        batch.items = out.plan.items;
        insert_batch(transaction, batch, now_us);
        set_aside(transaction, batch, now_us);
        out.batch = batch.id;
    });
    if (!refused) return refused.error();
    if (!refused->empty()) return ReservedPayout{{}, *refused, std::move(out.plan)};
    return out;
}

Stored<std::string> quarantine_payee(Database& database, const std::string& party, const std::string& reason,
                                     const std::string& by) {
    return unless_refused(database, [&](pqxx::work& transaction) {
        transaction.exec_params(
            "insert into payee_quarantines (party, reason, set_by) values ($1, $2, $3) on conflict do "
            "nothing",
            party, reason, by);
    });
}

Stored<std::string> release_payee(Database& database, const std::string& party, const std::string& by) {
    return unless_refused(database, [&](pqxx::work& transaction) {
        transaction.exec_params(
            "update payee_quarantines set cleared_at = now(), cleared_by = $2 where party = $1 and "
            "cleared_at is null",
            party, by);
    });
}

}  // namespace server::store

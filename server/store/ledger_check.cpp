#include "server/store/ledger_check.h"

#include "server/store/buyback_check.h"
#include "server/store/periods.h"
#include "server/store/transaction.h"
#include "server/store/trial_balance.h"
#include "server/store/waterfall_check.h"

namespace server::store {

namespace {

// A check is a query that gives one row of text for each difference.
struct Check {
    const char* invariant;
    const char* sql;
};

constexpr Check checks[] = {
    {"debits_equal_credits",
     "select a.asset || ': debits ' || sum(b.debits) || ', credits ' || sum(b.credits) from balances b join "
     "accounts a "
     "on a.id = b.account group by a.asset having sum(b.debits) <> sum(b.credits) or sum(b.pending_debits) "
     "<> "
     "sum(b.pending_credits)"},
    {"balance_cache",
     "with open_pending as (select * from pending_transfers p where not exists (select from pending_outcomes "
     "o where "
     "o.pending = p.id)), sums as (select account, sum(debits) as debits, sum(credits) as credits, sum(pd) "
     "as pd, "
     "sum(pc) as pc from (select debit as account, amount as debits, 0 as credits, 0 as pd, 0 as pc from "
     "transfers "
     "union all select credit, 0, amount, 0, 0 from transfers union all select debit, 0, 0, amount, 0 from "
     "open_pending "
     "union all select credit, 0, 0, 0, amount from open_pending) legs group by account) select 'account ' "
     "|| b.account "
     "|| ' (' || a.asset || ' ' || a.purpose || '): cached ' || concat_ws(' ', b.debits, b.credits, "
     "b.pending_debits, "
     "b.pending_credits) || ', booked ' || concat_ws(' ', coalesce(s.debits, 0), coalesce(s.credits, 0), "
     "coalesce(s.pd, 0), coalesce(s.pc, 0)) from balances b join accounts a on a.id = b.account left join "
     "sums s on "
     "s.account = b.account where (b.debits, b.credits, b.pending_debits, b.pending_credits) is distinct "
     "from "
     "(coalesce(s.debits, 0), coalesce(s.credits, 0), coalesce(s.pd, 0), coalesce(s.pc, 0))"},
    {"below_zero",
     "select 'account ' || b.account || ' (' || a.purpose || ') is below zero' from balances b join accounts "
     "a on a.id "
     "= b.account join account_purposes u on u.purpose = a.purpose where u.sign = 'positive' and case when "
     "u.class in "
     "('asset', 'expense') then b.debits - b.credits - b.pending_credits else b.credits - b.debits - "
     "b.pending_debits "
     "end < 0"},
    {"hash_chain",
     "with chain as (select t.number, hash_chain(sha256('hashyard ledger 1'), transfer_text(t)) over (order "
     "by t.number "
     "rows between unbounded preceding and current row) as hash from transfers t) select 'transfer ' || "
     "c.number || "
     "' does not fit the chain' from chain c left join transfer_hashes h on h.number = c.number where h.hash "
     "is "
     "distinct from c.hash union all select 'the head of ' || d.day || ' is not that of its last transfer' "
     "from "
     "ledger_days d left join transfer_hashes h on h.number = d.last_number where h.hash is distinct from "
     "d.head union "
     "all select 'the days count ' || coalesce(sum(transfers), 0) || ' transfers' from ledger_days having "
     "coalesce(sum(transfers), 0) <> (select count(*) from transfers) union all select 'the ledger''s head "
     "is not that "
     "of its last transfer' from ledger_head l where l.last_number <> 0 and l.head is distinct from (select "
     "hash from "
     "transfer_hashes order by number desc limit 1)"},
    {"pending",
     "select 'pending transfer ' || p.id || ' was posted as something else' from pending_outcomes o join "
     "pending_transfers p on p.id = o.pending left join transfers t on t.id = o.transfer where o.outcome = "
     "'posted' and "
     "(t.id is null or t.debit <> p.debit or t.credit <> p.credit or t.amount > p.amount)"},
    {"block_rewards",
     "with booked as (select t.source_id, sum(t.amount) as amount from transfers t join accounts d on d.id = "
     "t.debit "
     "where t.source_kind = 'block' and d.purpose = 'coinbase' and t.code <> 'reversal' and not exists "
     "(select from "
     "transfers r where r.reverses = t.id) group by t.source_id) select 'block ' || block_source(p.coin, "
     "p.hash, "
     "p.generation) || ' (' || p.state || '): booked ' || coalesce(k.amount, 0) || ', reward ' || "
     "b.coinbase_value_sats "
     "from block_postings p join blocks b on b.coin = p.coin and b.hash = p.hash left join booked k on "
     "k.source_id = "
     "block_source(p.coin, p.hash, p.generation) where coalesce(k.amount, 0) <> case when p.state = "
     "'reversed' then 0 "
     "else b.coinbase_value_sats end union all select 'transfer ' || t.id || ' of a reversed block is not "
     "reversed' "
     "from block_postings p join transfers t on t.source_kind = 'block' and t.source_id = "
     "block_source(p.coin, p.hash, "
     "p.generation) where p.state = 'reversed' and t.code not in ('reversal', 'shortfall', 'recovered') and "
     "not exists "
     "(select from transfers r where r.reverses = t.id)"},
    {"payout_runs",
     "select 'run ' || r.run || ' pays ' || coalesce(sum(l.amount), 0) || ' of ' || r.distributable from "
     "payout_runs r "
     "left join payout_lines l on l.run = r.run group by r.run, r.distributable having "
     "coalesce(sum(l.amount), 0) <> "
     "r.distributable union all select 'block ' || encode(block_hash, 'hex') || ' has two runs of rule ' || "
     "rule from "
     "payout_runs group by coin, block_hash, rule having count(*) > 1"},
    {"slices",
     "select 'slice ' || s.slice || ': users'' work ' || coalesce(sum(u.work), 0) || ' of ' || s.work from "
     "slices s "
     "left join slice_users u on u.slice = s.slice group by s.slice, s.work, s.shares having "
     "coalesce(sum(u.work), 0) <> "
     "s.work or coalesce(sum(u.shares), 0) <> s.shares"},
};

void run_checks(pqxx::work& transaction, LedgerCheck& check) {
    for (const auto& [invariant, sql] : checks)
        for (const auto& row : transaction.exec("select * from (" + std::string(sql) + ") f limit " +
                                                std::to_string(findings_max)))
            check.findings.push_back({invariant, row[0].as<std::string>()});
}

void check_closed_periods(pqxx::work& transaction, LedgerCheck& check) {
    for (const auto& row : transaction.exec("select period, encode(trial_balance_hash, 'hex') from periods "
                                            "where state = 'closed' order by period"))
        if (read_trial_balance(transaction, row[0].as<std::string>()).hash != row[1].as<std::string>())
            check.findings.push_back({"closed_periods", "the trial balance of " + row[0].as<std::string>() +
                                                            " is not the one it was closed with"});
}

void record(pqxx::work& transaction, const LedgerCheck& check) {
    transaction.exec(
        "create temporary table found (line integer, invariant text, finding text) on commit drop");
    std::int32_t line = 0;
    for (const auto& finding : check.findings)
        transaction.exec_params("insert into found values ($1, $2, $3)", line++, finding.invariant,
                                finding.text);
    transaction.exec_params(
        "insert into ledger_checks (through_number, head, findings, report) select $1, decode($2, 'hex'), "
        "count(*), "
        "coalesce(jsonb_agg(jsonb_build_object('invariant', invariant, 'finding', finding) order by line), "
        "'[]') from "
        "found",
        check.through_number, check.head);
    if (check.findings.empty()) return;
    transaction.exec_params(
        "insert into payout_freezes (reason, detail, frozen_by) values ('ledger_difference', $1, 'ledger "
        "check') on "
        "conflict do nothing",
        check.findings.front().invariant + ": " + check.findings.front().text);
}

}  // namespace

Stored<LedgerCheck> check_ledger(Database& database) {
    return transact(database, [&](pqxx::work& transaction) {
        transaction.exec("set transaction isolation level repeatable read");
        LedgerCheck check;
        const auto head = transaction.exec1("select last_number, encode(head, 'hex') from ledger_head");
        check.through_number = head[0].as<std::int64_t>();
        check.head = head[1].as<std::string>();
        run_checks(transaction, check);
        check_closed_periods(transaction, check);
        check_waterfall(transaction, check.findings);
        check_buybacks(transaction, check);
        record(transaction, check);
        return check;
    });
}

Stored<std::optional<LastLedgerCheck>> last_ledger_check(Database& database) {
    return transact(database, [&](pqxx::work& transaction) -> std::optional<LastLedgerCheck> {
        const auto rows = transaction.exec(
            "select extract(epoch from checked_at)::bigint, findings from ledger_checks order by id desc "
            "limit 1");
        if (rows.empty()) return std::nullopt;
        return LastLedgerCheck{rows[0][0].as<std::int64_t>(), rows[0][1].as<int>()};
    });
}

}  // namespace server::store

#include "server/store/ledger_posting.h"

#include <tuple>

#include "server/store/numbers.h"

namespace server::store {

namespace {

using fleet::ledger::AccountKey;
using fleet::ledger::Integer;
using fleet::ledger::Transfer;

// A ledger that grows by this many accounts at once is looked at again, so that PostgreSQL does not plan for
// the small one it knew.
constexpr pqxx::result::size_type many_accounts = 1'000;

// Fills in the numbers of accounts that are there and have none yet. Set by set with plain equality, which
// PostgreSQL can hash: accounts with a party and accounts without go apart, since "is not distinct from"
// would compare each row with each account.
void find_accounts(pqxx::work& transaction) {
    transaction.exec(
        "update staged_accounts s set account = a.id from accounts a where s.account is null and (a.asset, "
        "a.purpose, a.party, a.detail) = (s.asset, s.purpose, s.party, s.detail); "
        "update staged_accounts s set account = a.id from accounts a where s.account is null and s.party is "
        "null and a.party is null and (a.asset, a.purpose, a.detail) = (s.asset, s.purpose, s.detail)");
}

// The accounts that the staged rows name, each once, with its number; made where it is not there. What is
// missing is known before it is inserted: a "not exists" over the table being filled reads its new rows again
// for each one.
void resolve_accounts(pqxx::work& transaction) {
    transaction.exec(
        "drop table if exists staged_accounts; create temporary table staged_accounts on commit drop as "
        "select asset, debit_purpose as purpose, debit_party as key, debit_detail as detail, null::bigint as "
        "party, null::bigint as account from staged union select asset, credit_purpose, credit_party, "
        "credit_detail, null::bigint, null::bigint from staged; "
        "analyze staged_accounts; "
        "update staged_accounts s set party = p.id from parties p where p.key = s.key; "
        "insert into parties (key) select distinct key from staged_accounts where party is null and key <> "
        "'' on conflict do nothing; "
        "update staged_accounts s set party = p.id from parties p where s.party is null and p.key = s.key");
    find_accounts(transaction);
    const auto made = transaction.exec(
        "insert into accounts (asset, purpose, party, detail) select asset, purpose, party, detail from "
        "staged_accounts where account is null on conflict do nothing");
    if (made.affected_rows() == 0) return;
    find_accounts(transaction);
    if (made.affected_rows() > many_accounts)
        transaction.exec("analyze parties; analyze accounts; analyze balances");
}

// Everything of `transfers` in a table of its own, with accounts looked up, or made.
void stage(pqxx::work& transaction, const std::vector<Transfer>& transfers) {
    transaction.exec(
        "drop table if exists staged; create temporary table staged (line integer, id uuid, asset text, "
        "debit_purpose text, debit_party text, debit_detail text, credit_purpose text, credit_party text, "
        "credit_detail text, amount numeric, code text, event_at_us bigint, source_kind text, source_id "
        "text, "
        "reverses text, memo text) on commit drop");
    static const std::vector<std::string> columns{
        "line",           "id",           "asset",         "debit_purpose", "debit_party", "debit_detail",
        "credit_purpose", "credit_party", "credit_detail", "amount",        "code",        "event_at_us",
        "source_kind",    "source_id",    "reverses",      "memo"};
    auto stream = copy_into(transaction, "staged", columns);
    std::int32_t line = 0;
    for (const auto& transfer : transfers) {
        if (transfer.debit.asset != transfer.credit.asset)
            throw LedgerRefusal("a transfer from " + transfer.credit.asset + " to " + transfer.debit.asset +
                                " needs two transfers over the conversion account");
        stream << std::make_tuple(line++, transfer.id, transfer.debit.asset, transfer.debit.purpose,
                                  transfer.debit.party, transfer.debit.detail, transfer.credit.purpose,
                                  transfer.credit.party, transfer.credit.detail, transfer.amount.str(),
                                  transfer.code, transfer.event_at_us, transfer.source_kind,
                                  transfer.source_id, transfer.reverses, transfer.memo);
    }
    stream.complete();
    transaction.exec("analyze staged");
    resolve_accounts(transaction);
}

// The staged rows with the numbers of their accounts.
constexpr const char* resolved =
    "(select s.*, d.account as debit, c.account as credit from staged s join staged_accounts d on (d.asset, "
    "d.purpose, d.key, d.detail) = (s.asset, s.debit_purpose, s.debit_party, s.debit_detail) join "
    "staged_accounts c on (c.asset, c.purpose, c.key, c.detail) = (s.asset, s.credit_purpose, "
    "s.credit_party, s.credit_detail))";

void refuse_other_bodies(pqxx::work& transaction, const std::string& table) {
    const auto rows = transaction.exec(
        "select r.id::text, r.code from " + std::string(resolved) + " r join " + table +
        " t on t.id = r.id where (t.debit, t.credit, t.amount, t.code, t.source_kind, t.source_id) is "
        "distinct from (r.debit, r.credit, r.amount, r.code, r.source_kind, r.source_id) limit 1");
    if (!rows.empty())
        throw LedgerRefusal("transfer " + rows[0][0].as<std::string>() + " (" + rows[0][1].as<std::string>() +
                            ") is in the ledger with another content");
}

std::string booking_time(std::int64_t now_us) {
    return "(select greatest(booked_at_us, " + std::to_string(now_us) + ") from ledger_head)";
}

// The month of an event, as ledger_period() takes it.
std::string month_of(const std::string& row) {
    return "to_char(to_timestamp(" + row + ".event_at_us / 1000000.0) at time zone 'UTC', 'YYYY-MM')";
}

AccountKey account_of(const pqxx::row& row, int first) {
    return {row[first].as<std::string>(), row[first + 1].as<std::string>(),
            row[first + 2].as<std::string>(""), row[first + 3].as<std::string>()};
}

}  // namespace

std::optional<std::string> ledger_refusal_in(const std::exception& failure) {
    if (dynamic_cast<const LedgerRefusal*>(&failure) != nullptr) return failure.what();
    if (const auto* sql = dynamic_cast<const pqxx::sql_error*>(&failure)) {
        const auto& state = sql->sqlstate();
        // Integrity constraints (class 23) and restrict_violation, which our own triggers raise.
        if (state.starts_with("23")) {
            const std::string text = sql->what();
            if (text.find("balances_not_below_zero") != std::string::npos)
                return "an account would fall below zero";
            return text.substr(0, text.find('\n'));
        }
    }
    return std::nullopt;
}

void lock_ledger(pqxx::work& transaction) { transaction.exec("select from ledger_head for update"); }

std::size_t post(pqxx::work& transaction, std::int64_t now_us, const std::vector<Transfer>& transfers) {
    if (transfers.empty()) return 0;
    lock_ledger(transaction);
    stage(transaction, transfers);
    refuse_other_bodies(transaction, "transfers");
    const auto added = transaction.exec(
        "insert into transfers (id, asset, debit, credit, amount, code, event_at_us, booked_at_us, period, "
        "source_kind, source_id, reverses, memo) select r.id, r.asset, r.debit, r.credit, r.amount, r.code, "
        "r.event_at_us, " +
        booking_time(now_us) +
        ", e.period, r.source_kind, r.source_id, nullif(r.reverses, '')::uuid, r.memo from " + resolved +
        " r join (select month, ledger_period(first_at_us) as period from (select " + month_of("s") +
        " as month, min(event_at_us) as first_at_us from staged s group by 1 order by 1) m) e on e.month = " +
        month_of("r") + " where not exists (select from transfers t where t.id = r.id) order by r.line");
    return static_cast<std::size_t>(added.affected_rows());
}

std::size_t reserve(pqxx::work& transaction, std::int64_t now_us, const std::vector<Transfer>& pending) {
    if (pending.empty()) return 0;
    lock_ledger(transaction);
    stage(transaction, pending);
    refuse_other_bodies(transaction, "pending_transfers");
    const auto added = transaction.exec(
        "insert into pending_transfers (id, asset, debit, credit, amount, code, made_at_us, source_kind, "
        "source_id) select r.id, r.asset, r.debit, r.credit, r.amount, r.code, " +
        std::to_string(now_us) + ", r.source_kind, r.source_id from " + resolved +
        " r where not exists (select from pending_transfers t where t.id = r.id) order by r.line");
    return static_cast<std::size_t>(added.affected_rows());
}

bool post_pending(pqxx::work& transaction, std::int64_t now_us, const std::string& pending,
                  const Integer& amount, std::int64_t event_at_us, std::string_view memo) {
    lock_ledger(transaction);
    const auto outcomes =
        transaction.exec_params("select outcome from pending_outcomes where pending = $1::uuid", pending);
    if (!outcomes.empty()) {
        if (outcomes[0][0].as<std::string>() == "posted") return false;
        throw LedgerRefusal("pending transfer " + pending + " was voided before");
    }
    // First released, then booked: the account is never charged twice in between.
    const auto id = fleet::ledger::transfer_id("pending", pending, "post", "");
    transaction.exec_params(
        "insert into pending_outcomes (pending, outcome, transfer, at_us) values ($1::uuid, 'posted', "
        "$2::uuid, $3)",
        pending, id, now_us);
    transaction.exec_params(
        "insert into transfers (id, asset, debit, credit, amount, code, event_at_us, booked_at_us, period, "
        "source_kind, source_id, memo) select $2::uuid, asset, debit, credit, $3::numeric, code, $4, " +
            booking_time(now_us) +
            ", ledger_period($4), source_kind, source_id, $5 from pending_transfers where id = $1::uuid",
        pending, id, amount.str(), event_at_us, std::string(memo));
    return true;
}

bool void_pending(pqxx::work& transaction, std::int64_t now_us, const std::string& pending) {
    lock_ledger(transaction);
    const auto outcomes =
        transaction.exec_params("select outcome from pending_outcomes where pending = $1::uuid", pending);
    if (!outcomes.empty()) {
        if (outcomes[0][0].as<std::string>() == "voided") return false;
        throw LedgerRefusal("pending transfer " + pending + " was posted before");
    }
    transaction.exec_params(
        "insert into pending_outcomes (pending, outcome, at_us) values ($1::uuid, 'voided', $2)", pending,
        now_us);
    return true;
}

std::vector<Transfer> transfers_of_source(pqxx::work& transaction, const std::string& source_kind,
                                          const std::string& source_id) {
    std::vector<Transfer> transfers;
    for (const auto& row : transaction.exec_params(
             "select replace(t.id::text, '-', ''), t.amount, t.code, t.event_at_us, "
             "replace(coalesce(t.reverses::text, ''), '-', ''), t.memo, t.asset, d.purpose, dp.key, "
             "d.detail, "
             "t.asset, c.purpose, cp.key, c.detail from transfers t join accounts d on d.id = t.debit join "
             "accounts c on c.id = t.credit left join parties dp on dp.id = d.party left join parties cp on "
             "cp.id = c.party where t.source_kind = $1 and t.source_id = $2 order by t.number",
             source_kind, source_id)) {
        Transfer transfer;
        transfer.id = row[0].as<std::string>();
        transfer.amount = integer_of(row[1]);
        transfer.code = row[2].as<std::string>();
        transfer.event_at_us = row[3].as<std::int64_t>();
        transfer.reverses = row[4].as<std::string>();
        transfer.memo = row[5].as<std::string>();
        transfer.debit = account_of(row, 6);
        transfer.credit = account_of(row, 10);
        transfer.source_kind = source_kind;
        transfer.source_id = source_id;
        transfers.push_back(std::move(transfer));
    }
    return transfers;
}

Integer available_in(pqxx::work& transaction, const AccountKey& account) {
    const auto rows = transaction.exec_params(
        "select greatest(case when u.class in ('asset', 'expense') then b.debits - b.credits - "
        "b.pending_credits else b.credits - b.debits - b.pending_debits end, 0) from accounts a join "
        "account_purposes u on u.purpose = a.purpose join balances b on b.account = a.id left join parties p "
        "on p.id = a.party where a.asset = $1 and a.purpose = $2 and coalesce(p.key, '') = $3 and a.detail = "
        "$4",
        account.asset, account.purpose, account.party, account.detail);
    return rows.empty() ? Integer(0) : integer_of(rows[0][0]);
}

}  // namespace server::store

#include "server/store/periods.h"

#include "server/store/ledger_posting.h"
#include "server/store/numbers.h"
#include "server/store/trial_balance.h"
#include "stratum/sha256.h"

namespace server::store {

namespace {

std::string why_not_closed(pqxx::work& transaction, const std::string& period, std::int64_t now_us) {
    const auto rows = transaction.exec_params("select state from periods where period = $1", period);
    if (rows.empty()) return "there is no month " + period + " in the books";
    if (rows[0][0].as<std::string>() == "closed") return period + " is closed already";
    const auto older = transaction.exec_params(
        "select min(period) from periods where state <> 'closed' and period < $1", period);
    if (!older[0][0].is_null()) return "close " + older[0][0].as<std::string>() + " first";
    const auto end = transaction.exec_params1(
        "select (extract(epoch from (to_date($1, 'YYYY-MM') + interval '1 month') at time zone 'UTC') * "
        "1000000)::bigint",
        period);
    if (now_us < end[0].as<std::int64_t>()) return period + " is not over yet";
    const auto check = transaction.exec(
        "select findings, (through_number = (select last_number from ledger_head))::text from ledger_checks "
        "order by id desc limit 1");
    if (check.empty() || check[0][1].as<std::string>() != "true")
        return "the books were not checked since the last transfer: run hashyard books check";
    if (check[0][0].as<int>() != 0)
        return "the last check found differences: run hashyard books check and mend them first";
    return {};
}

}  // namespace

TrialBalance read_trial_balance(pqxx::work& transaction, const std::string& period) {
    TrialBalance balance;
    balance.period = period;
    balance.text = "hashyard trial balance 1\nperiod " + period + "\n";
    for (const auto& row : transaction.exec_params(
             "select a.asset, a.purpose, coalesce(p.key, ''), a.detail, u.class, "
             "coalesce(sum(m.debits) filter (where m.period = $1), 0), "
             "coalesce(sum(m.credits) filter (where m.period = $1), 0), sum(m.debits), sum(m.credits) from "
             "(select debit as account, period, sum(amount) as debits, 0 as credits from transfers where "
             "period <= $1 group by 1, 2 union all select credit, period, 0, sum(amount) from transfers "
             "where period <= $1 group by 1, 2) m join accounts a on a.id = m.account join account_purposes "
             "u on u.purpose = a.purpose left join parties p on p.id = a.party group by a.id, a.asset, "
             "a.purpose, p.key, a.detail, u.class order by a.asset collate \"C\", a.purpose, p.key nulls "
             "first, a.detail",
             period)) {
        TrialBalanceLine line{{row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<std::string>(),
                               row[3].as<std::string>()},
                              row[4].as<std::string>(),
                              integer_of(row[5]),
                              integer_of(row[6]),
                              integer_of(row[7]),
                              integer_of(row[8])};
        balance.text += line.account.asset + "\t" + line.account.purpose + "\t" + line.account.party + "\t" +
                        line.account.detail + "\t" + line.debits.str() + "\t" + line.credits.str() + "\t" +
                        line.debits_to_date.str() + "\t" + line.credits_to_date.str() + "\n";
        balance.lines.push_back(std::move(line));
    }
    balance.hash = stratum::to_hex(stratum::sha256(stratum::view_of(balance.text)).bytes);
    return balance;
}

Stored<std::vector<Period>> periods(Database& database) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<Period> out;
        for (const auto& row : transaction.exec(
                 "select p.period, p.state, coalesce(encode(p.trial_balance_hash, 'hex'), ''), "
                 "coalesce(p.closed_by, ''), coalesce(to_char(p.closed_at at time zone 'UTC', "
                 "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), ''), (select count(*) from transfers t where t.period = "
                 "p.period) from periods p order by p.period"))
            out.push_back({row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<std::string>(),
                           row[3].as<std::string>(), row[4].as<std::string>(), row[5].as<std::int64_t>()});
        return out;
    });
}

Stored<TrialBalance> trial_balance(Database& database, const std::string& period) {
    return transact(database,
                    [&](pqxx::work& transaction) { return read_trial_balance(transaction, period); });
}

Stored<PeriodClosed> close_period(Database& database, const std::string& period, const std::string& by,
                                  std::int64_t now_us) {
    return transact(database, [&](pqxx::work& transaction) {
        lock_ledger(transaction);
        if (auto reason = why_not_closed(transaction, period, now_us); !reason.empty())
            return PeriodClosed{{}, std::move(reason)};
        const auto balance = read_trial_balance(transaction, period);
        transaction.exec_params(
            "update periods set state = 'closed', trial_balance_hash = decode($2, 'hex'), closed_by = $3, "
            "closed_at = to_timestamp($4::bigint / 1000000.0) where period = $1",
            period, balance.hash, by, now_us);
        return PeriodClosed{balance.hash, {}};
    });
}

}  // namespace server::store

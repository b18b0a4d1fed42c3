#include "server/store/ledger.h"

#include "server/store/ledger_posting.h"
#include "server/store/numbers.h"

namespace server::store {

Stored<PostOutcome> post_transfers(Database& database, std::int64_t now_us,
                                   const std::vector<fleet::ledger::Transfer>& transfers) {
    try {
        return transact(database, [&](pqxx::work& transaction) {
            return PostOutcome{post(transaction, now_us, transfers), {}};
        });
    } catch (const std::exception& failure) {
        auto refusal = ledger_refusal_in(failure);
        if (!refusal) throw;
        return PostOutcome{0, std::move(*refusal)};
    }
}

Stored<std::vector<Balance>> balances(Database& database, const std::string& asset,
                                      const std::string& party) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<Balance> out;
        for (const auto& row : transaction.exec_params(
                 "select a.asset, a.purpose, coalesce(p.key, ''), a.detail, u.class, b.debits, b.credits, "
                 "b.pending_debits, b.pending_credits from accounts a join balances b on b.account = a.id "
                 "join account_purposes u on u.purpose = a.purpose left join parties p on p.id = a.party "
                 "where ($1 = '' or a.asset = $1) and ($2 = '' or p.key = $2) order by a.asset collate "
                 "\"C\", "
                 "a.purpose, p.key nulls first, a.detail",
                 asset, party))
            out.push_back({{row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<std::string>(),
                            row[3].as<std::string>()},
                           row[4].as<std::string>(),
                           integer_of(row[5]),
                           integer_of(row[6]),
                           integer_of(row[7]),
                           integer_of(row[8])});
        return out;
    });
}

Stored<std::vector<Asset>> assets(Database& database) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<Asset> out;
        for (const auto& row : transaction.exec("select code, scale, coin from assets order by code"))
            out.push_back({row[0].as<std::string>(), row[1].as<unsigned>(), row[2].as<std::string>("")});
        return out;
    });
}

Stored<bool> freeze_payouts(Database& database, const std::string& reason, const std::string& detail,
                            const std::string& by) {
    return transact(database, [&](pqxx::work& transaction) {
        return transaction
                   .exec_params(
                       "insert into payout_freezes (reason, detail, frozen_by) values ($1, $2, $3) on "
                       "conflict do nothing",
                       reason, detail, by)
                   .affected_rows() == 1;
    });
}

Stored<std::size_t> thaw_payouts(Database& database, const std::string& reason, const std::string& by,
                                 const std::string& why) {
    return transact(database, [&](pqxx::work& transaction) {
        return static_cast<std::size_t>(
            transaction
                .exec_params(
                    "update payout_freezes set cleared_at = now(), cleared_by = $2, cleared_why = $3 "
                    "where reason = $1 and cleared_at is null",
                    reason, by, why)
                .affected_rows());
    });
}

Stored<std::vector<Freeze>> active_freezes(Database& database) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<Freeze> out;
        for (const auto& row : transaction.exec(
                 "select reason, detail, to_char(frozen_at at time zone 'UTC', "
                 "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), frozen_by from payout_freezes where cleared_at is null "
                 "order by id"))
            out.push_back({row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<std::string>(),
                           row[3].as<std::string>()});
        return out;
    });
}

}  // namespace server::store

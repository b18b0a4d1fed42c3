#include "server/store/numbers.h"
#include "server/store/statement_rows.h"
#include "server/store/transaction.h"

namespace server::store {

namespace {

using fleet::ledger::AccountKey;
using fleet::statement::JournalTransfer;

AccountKey account_of(const pqxx::row& row, int first) {
    return {row[first].as<std::string>(), row[first + 1].as<std::string>(), row[first + 2].as<std::string>(),
            row[first + 3].as<std::string>()};
}

class Reading final : public JournalReading {
  public:
    Reading(pqxx::work& transaction, const std::string& last_period)
        : transaction_(transaction), last_period_(last_period) {
        for (const auto& row : transaction_.exec_params(
                 "select a.asset, a.purpose, coalesce(p.key, ''), a.detail, s.scale from accounts a join "
                 "assets s on s.code = a.asset left join parties p on p.id = a.party where exists (select "
                 "from transfers t where t.debit = a.id and ($1 = '' or t.period <= $1)) or exists (select "
                 "from transfers t where t.credit = a.id and ($1 = '' or t.period <= $1)) order by a.asset "
                 "collate \"C\", a.purpose, p.key nulls first, a.detail",
                 last_period_)) {
            accounts_.push_back(account_of(row, 0));
            scales_[row[0].as<std::string>()] = row[4].as<unsigned>();
        }
        first_booked_us_ = transaction_
                               .exec_params1(
                                   "select coalesce(min(booked_at_us), 0) from transfers where $1 = "
                                   "'' or period <= $1",
                                   last_period_)[0]
                               .as<std::int64_t>();
        closed_ = !last_period_.empty() &&
                  transaction_
                          .exec_params1(
                              "select exists (select from periods where state = 'closed' and period "
                              ">= $1)::text",
                              last_period_)[0]
                          .as<std::string>() == "true";
    }

    [[nodiscard]] const std::vector<AccountKey>& accounts() const override { return accounts_; }
    [[nodiscard]] const std::map<std::string, unsigned>& scales() const override { return scales_; }
    [[nodiscard]] std::int64_t first_booked_us() const override { return first_booked_us_; }
    [[nodiscard]] bool closed() const override { return closed_; }

    void each(const std::function<void(const JournalTransfer&)>& use) override {
        std::int64_t after = 0;
        while (true) {
            const auto page = transaction_.exec_params(
                "select t.number, replace(t.id::text, '-', ''), t.asset, d.purpose, coalesce(dp.key, ''), "
                "d.detail, t.asset, c.purpose, coalesce(cp.key, ''), c.detail, t.amount, t.code, "
                "t.event_at_us, t.booked_at_us, t.period, t.source_kind, t.source_id, "
                "coalesce(replace(t.reverses::text, '-', ''), ''), t.memo from transfers t join accounts d "
                "on "
                "d.id = t.debit left join parties dp on dp.id = d.party join accounts c on c.id = t.credit "
                "left join parties cp on cp.id = c.party where t.number > $1 and ($2 = '' or t.period <= $2) "
                "order by t.number limit $3",
                after, last_period_, static_cast<std::int64_t>(statement_page_rows));
            for (const auto& row : page) {
                JournalTransfer out;
                out.number = after = row[0].as<std::int64_t>();
                out.transfer = {row[1].as<std::string>(),  account_of(row, 2),
                                account_of(row, 6),        integer_of(row[10]),
                                row[11].as<std::string>(), row[12].as<std::int64_t>(),
                                row[15].as<std::string>(), row[16].as<std::string>(),
                                row[17].as<std::string>(), row[18].as<std::string>()};
                out.booked_at_us = row[13].as<std::int64_t>();
                out.period = row[14].as<std::string>();
                out.scale = scales_.at(out.transfer.debit.asset);
                use(out);
            }
            if (static_cast<std::size_t>(page.size()) < statement_page_rows) return;
        }
    }

  private:
    pqxx::work& transaction_;
    const std::string last_period_;
    std::vector<AccountKey> accounts_;
    std::map<std::string, unsigned> scales_;
    std::int64_t first_booked_us_ = 0;
    bool closed_ = false;
};

}  // namespace

Stored<void> read_journal(Database& database, const std::string& last_period,
                          const std::function<void(JournalReading&)>& use) {
    return transact(database, [&](pqxx::work& transaction) {
        transaction.exec("set transaction isolation level repeatable read, read only");
        Reading reading(transaction, last_period);
        use(reading);
    });
}

}  // namespace server::store

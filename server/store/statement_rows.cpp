#include "server/store/statement_rows.h"

#include "server/store/numbers.h"
#include "server/store/statement_parts.h"

namespace server::store {

namespace {

using fleet::statement::Component;
using fleet::statement::Signed;
using fleet::statement::StatementRow;

const std::string one_view = "set transaction isolation level repeatable read, read only";

enum class Part { before, within };

Component component_of(const std::string& code, const std::string& party) {
    if (code == "reward_subsidy") return Component::subsidy;
    if (code == "reward_fees") return Component::fee;
    if (party.starts_with("holder:")) return Component::bonus;
    return Component::adjust;
}

std::int64_t month_start_us(pqxx::work& transaction, const std::string& period, const std::string& later) {
    return transaction
        .exec_params1(
            "select (extract(epoch from (to_date($1, 'YYYY-MM') + $2::interval) at time zone 'UTC') "
            "* 1000000)::bigint",
            period, later)[0]
        .as<std::int64_t>();
}

class Reading final : public StatementReading {
  public:
    Reading(pqxx::work& transaction, const StatementQuery& query)
        : transaction_(transaction), query_(query) {}

    std::string open() {
        const auto party = transaction_.exec_params("select id from parties where key = $1", query_.party);
        if (party.empty()) return "the books know no " + query_.party;
        head_.party = query_.party;
        head_.party_id = party[0][0].as<std::int64_t>();
        if (!query_.currency.empty()) {
            const auto currency = transaction_.exec_params(
                "select scale from assets where code = $1 and kind = 'fiat'", query_.currency);
            if (currency.empty()) return "the books know no money named " + query_.currency;
            head_.currency_scale = currency[0][0].as<unsigned>();
        }
        read_span();
        read_accounts();
        read_opening();
        return {};
    }

    [[nodiscard]] const StatementHead& head() const override { return head_; }
    void each(const std::function<void(const StatementRow&)>& use) override { read(Part::within, use); }
    void each_before(const std::function<void(const StatementRow&)>& use) override {
        read(Part::before, use);
    }

  private:
    void read_span() {
        const auto& span = query_.span;
        head_.from_us = span.from_us;
        head_.to_us = span.to_us;
        if (span.first_period.empty()) return;
        head_.from_us = month_start_us(transaction_, span.first_period, "0 months");
        head_.to_us = month_start_us(transaction_, span.last_period, "1 month");
        head_.closed = transaction_
                           .exec_params1(
                               "select exists (select from periods where state = 'closed' and "
                               "period >= $1)::text",
                               span.last_period)[0]
                           .as<std::string>() == "true";
    }

    void read_accounts() {
        std::vector<std::string> ids;
        for (const auto& row : transaction_.exec_params(
                 "select a.id, a.asset, s.scale from accounts a join assets s on s.code = a.asset where "
                 "a.party = $1 order by a.id",
                 head_.party_id)) {
            ids.push_back(row[0].as<std::string>());
            head_.assets[row[1].as<std::string>()].scale = row[2].as<unsigned>();
        }
        ids_ = array_text(ids);
    }

    // Sums in SQL: transfers within the party's accounts cancel out.
    void read_opening() {
        for (const auto& row : transaction_.exec_params(
                 "select t.asset, sum(t.amount) from (select asset, amount, period, event_at_us from "
                 "transfers where credit = any($1::bigint[]) union all select asset, -amount, period, "
                 "event_at_us from transfers where debit = any($1::bigint[])) t where (case when $2 = '' "
                 "then "
                 "t.event_at_us < $3 else t.period < $2 end) group by t.asset",
                 ids_, query_.span.first_period, head_.from_us))
            head_.assets[row[0].as<std::string>()].opening = Signed(row[1].as<std::string>());
    }

    pqxx::result page(Part part, std::int64_t after) {
        // Each account's transfers come from its index in order, so a page costs a page.
        static const std::string select =
            "(select t.* from transfers t where t.%1 = a.id and t.number > $2 and t.%2 <> all($1::bigint[]) "
            "and (case when $3 = '' then t.event_at_us >= $5 and t.event_at_us < $6 else t.period between $3 "
            "and $4 end) order by t.number limit $7)";
        const auto side = [&](const std::string& mine, const std::string& other) {
            std::string text = select;
            text.replace(text.find("%1"), 2, mine);
            text.replace(text.find("%2"), 2, other);
            return text;
        };
        const std::string sql =
            "select t.number, replace(t.id::text, '-', ''), t.asset, t.account, t.sign * t.amount, t.code, "
            "t.event_at_us, t.booked_at_us, t.period, t.source_kind, t.source_id, "
            "coalesce(replace(t.reverses::text, '-', ''), ''), t.memo, coalesce(o.code, t.code), "
            "coalesce(o.memo, t.memo), exists (select from transfers r where r.reverses = t.id and (case "
            "when "
            "$3 = '' then r.event_at_us < $6 else r.period <= $4 end))::text from (select l.*, a.id as "
            "account, 1 as sign from unnest($1::bigint[]) a (id) cross join lateral " +
            side("credit", "debit") +
            " l union all select l.*, a.id, -1 from unnest($1::bigint[]) a (id) cross join lateral " +
            side("debit", "credit") +
            " l) t left join transfers o on o.id = t.reverses order by t.number limit $7";
        const auto& span = query_.span;
        const bool before = part == Part::before;
        const std::string first = span.first_period.empty() ? "" : before ? "0000-01" : span.first_period;
        const std::string last =
            before && !first.empty() ? month_before(span.first_period) : span.last_period;
        return transaction_.exec_params(
            sql, ids_, after, first, last, before ? std::int64_t{0} : head_.from_us,
            before ? head_.from_us : head_.to_us, static_cast<std::int64_t>(statement_page_rows));
    }

    std::string month_before(const std::string& period) {
        return transaction_
            .exec_params1("select to_char(to_date($1, 'YYYY-MM') - interval '1 month', 'YYYY-MM')", period)[0]
            .as<std::string>();
    }

    void read(Part part, const std::function<void(const StatementRow&)>& use) {
        std::int64_t after = 0;
        while (true) {
            std::vector<PageRow> rows;
            for (const auto& row : page(part, after)) rows.push_back(page_row(row));
            if (rows.empty()) return;
            after = rows.back().number;
            add_blocks(transaction_, query_, rows);
            add_payouts(transaction_, query_, rows);
            add_values(transaction_, query_, head_.currency_scale, rows);
            for (const auto& row : rows) use(row.row);
            if (rows.size() < statement_page_rows) return;
        }
    }

    PageRow page_row(const pqxx::row& from) const {
        PageRow out;
        auto& row = out.row;
        out.number = from[0].as<std::int64_t>();
        row.party = query_.party;
        row.transfer_id = from[1].as<std::string>();
        row.asset = from[2].as<std::string>();
        row.scale = head_.assets.at(row.asset).scale;
        row.account_id = from[3].as<std::int64_t>();
        row.amount = Signed(from[4].as<std::string>());
        row.code = from[5].as<std::string>();
        row.event_at_us = from[6].as<std::int64_t>();
        row.booked_at_us = from[7].as<std::int64_t>();
        row.period = from[8].as<std::string>();
        out.source_kind = from[9].as<std::string>();
        out.source_id = from[10].as<std::string>();
        row.reverses = from[11].as<std::string>();
        row.memo = from[12].as<std::string>();
        out.reward_code = from[13].as<std::string>();
        out.user = from[14].as<std::string>();
        out.taken_back = from[15].as<std::string>() == "true" || !row.reverses.empty();
        row.component = component_of(out.reward_code, row.party);
        return out;
    }

    pqxx::work& transaction_;
    const StatementQuery& query_;
    StatementHead head_;
    std::string ids_;  // of the party's accounts
};

}  // namespace

std::string array_text(const std::vector<std::string>& items) {
    std::string out = "{";
    for (const auto& item : items) {
        if (out.size() > 1) out += ',';
        out += '"';
        for (const char letter : item) {
            if (letter == '"' || letter == '\\') out += '\\';
            out += letter;
        }
        out += '"';
    }
    return out + "}";
}

Stored<std::string> read_statement(Database& database, const StatementQuery& query,
                                   const std::function<void(StatementReading&)>& use) {
    return transact(database, [&](pqxx::work& transaction) {
        transaction.exec(one_view);
        Reading reading(transaction, query);
        auto refused = reading.open();
        if (refused.empty()) use(reading);
        return refused;
    });
}

}  // namespace server::store

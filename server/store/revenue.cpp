#include "server/store/revenue.h"

#include "server/store/ledger_posting.h"
#include "server/store/numbers.h"

namespace server::store {

namespace {

constexpr const char* columns_of_revenue =
    "r.reference, r.line, r.asset, r.amount, r.event_at_us, r.party, r.bank, r.memo, r.booked_by";

Revenue revenue_in(const pqxx::row& row) {
    return {row[0].as<std::string>(), row[1].as<std::string>(),  row[2].as<std::string>(),
            integer_of(row[3]),       row[4].as<std::int64_t>(), row[5].as<std::string>(),
            row[6].as<std::string>(), row[7].as<std::string>(),  row[8].as<std::string>()};
}

bool same(const Revenue& a, const Revenue& b) {
    return a.line == b.line && a.asset == b.asset && a.amount == b.amount && a.event_at_us == b.event_at_us &&
           a.party == b.party && a.bank == b.bank;
}

std::optional<Revenue> find_revenue(pqxx::work& transaction, const std::string& reference) {
    const auto rows = transaction.exec_params(
        std::string("select ") + columns_of_revenue + " from revenues r where r.reference = $1", reference);
    if (rows.empty()) return std::nullopt;
    return revenue_in(rows[0]);
}

// What the tables would refuse, in words for the person who typed it.
std::string what_is_wrong(pqxx::work& transaction, const Revenue& revenue) {
    const auto row = transaction.exec_params1(
        "select exists (select from assets where code = $1)::text, exists (select from business_lines where "
        "line = $2)::text, line_terms($2, $3)",
        revenue.asset, revenue.line, revenue.event_at_us);
    if (row[0].as<std::string>() != "true") return "the ledger has no asset " + revenue.asset;
    if (row[1].as<std::string>() != "true")
        return "there is no line " + revenue.line + ": hashyard revenue lines";
    if (row[2].as<std::string>() == "closed") return "the line " + revenue.line + " is closed at that time";
    return {};
}

RevenueOutcome add(pqxx::work& transaction, const Revenue& revenue, std::int64_t now_us) {
    lock_ledger(transaction);
    if (const auto there = find_revenue(transaction, revenue.reference)) {
        if (same(*there, revenue)) return {};
        return {false, "reference " + revenue.reference + " stands with another content"};
    }
    if (auto problem = what_is_wrong(transaction, revenue); !problem.empty()) return {false, problem};
    transaction.exec_params(
        "insert into revenues (reference, line, asset, amount, event_at_us, party, bank, memo, booked_by) "
        "values ($1, $2, $3, $4::numeric, $5, $6, $7, $8, $9)",
        revenue.reference, revenue.line, revenue.asset, revenue.amount.str(), revenue.event_at_us,
        revenue.party, revenue.bank, revenue.memo, revenue.by);
    post(transaction, now_us, {transfer_of(revenue)});
    return {true, {}};
}

RevenueOutcome reverse(pqxx::work& transaction, const std::string& reference, const std::string& by,
                       const std::string& why, std::int64_t now_us) {
    lock_ledger(transaction);
    const auto revenue = find_revenue(transaction, reference);
    if (!revenue) return {false, "no revenue is booked under " + reference};
    const auto added = transaction.exec_params(
        "insert into revenue_reversals (reference, why, reversed_by) values ($1, $2, $3) on conflict do "
        "nothing",
        reference, why, by);
    if (added.affected_rows() == 0) return {};
    post(transaction, now_us, {fleet::ledger::reversal_of(transfer_of(*revenue), now_us, why)});
    return {true, {}};
}

template <typename Work>
Stored<RevenueOutcome> or_refused(Database& database, Work work) {
    try {
        return transact(database, work);
    } catch (const std::exception& failure) {
        auto refusal = ledger_refusal_in(failure);
        if (!refusal) throw;
        return RevenueOutcome{false, std::move(*refusal)};
    }
}

}  // namespace

fleet::ledger::Transfer transfer_of(const Revenue& revenue) {
    fleet::ledger::Transfer transfer;
    transfer.id = fleet::ledger::transfer_id("revenue", revenue.reference, "revenue", revenue.line);
    transfer.debit = revenue.party.empty()
                         ? fleet::ledger::AccountKey{revenue.asset, "bank", "", revenue.bank}
                         : fleet::ledger::AccountKey{revenue.asset, "receivable", revenue.party, ""};
    transfer.credit = {revenue.asset, "revenue", "", revenue.line};
    transfer.amount = revenue.amount;
    transfer.code = "revenue";
    transfer.event_at_us = revenue.event_at_us;
    transfer.source_kind = "revenue";
    transfer.source_id = revenue.reference;
    transfer.memo = revenue.memo;
    return transfer;
}

Stored<std::vector<BusinessLine>> business_lines(Database& database, std::int64_t at_us) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<BusinessLine> out;
        for (const auto& row : transaction.exec_params(
                 "select l.line, l.title, coalesce(t.terms, 'closed'), coalesce(t.valid_from_us, 0), "
                 "coalesce(t.set_by, '') from business_lines l left join lateral (select * from "
                 "business_line_terms t where t.line = l.line and t.valid_from_us <= $1 order by "
                 "t.valid_from_us desc limit 1) t on true order by l.line",
                 at_us))
            out.push_back({row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<std::string>(),
                           row[3].as<std::int64_t>(), row[4].as<std::string>()});
        return out;
    });
}

Stored<std::string> set_business_line(Database& database, const SetBusinessLine& line) {
    return transact(database, [&](pqxx::work& transaction) -> std::string {
        if (!line.title.empty())
            transaction.exec_params(
                "insert into business_lines (line, title) values ($1, $2) on conflict do nothing", line.line,
                line.title);
        if (transaction.exec_params("select from business_lines where line = $1", line.line).empty())
            return "there is no line " + line.line + "; --title makes a new one";
        const auto added = transaction.exec_params(
            "insert into business_line_terms (line, valid_from_us, terms, set_by) values ($1, $2, $3, $4) on "
            "conflict do nothing",
            line.line, line.valid_from_us, line.terms, line.by);
        if (added.affected_rows() == 0)
            return "terms from that instant on are set already; choose a later one";
        return {};
    });
}

Stored<RevenueOutcome> add_revenue(Database& database, const Revenue& revenue, std::int64_t now_us) {
    return or_refused(database, [&](pqxx::work& transaction) { return add(transaction, revenue, now_us); });
}

Stored<RevenueOutcome> reverse_revenue(Database& database, const std::string& reference,
                                       const std::string& by, const std::string& why, std::int64_t now_us) {
    return or_refused(
        database, [&](pqxx::work& transaction) { return reverse(transaction, reference, by, why, now_us); });
}

Stored<std::vector<ListedRevenue>> list_revenue(Database& database, const RevenueFilter& filter) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<ListedRevenue> out;
        for (const auto& row : transaction.exec_params(
                 std::string("select ") + columns_of_revenue +
                     ", coalesce(v.reversed_by, ''), coalesce(v.why, '') from revenues r left join "
                     "revenue_reversals v on v.reference = r.reference where ($1 = '' or r.line = $1) and "
                     "($2 = '' or r.asset = $2) and r.event_at_us >= $3 and ($4::bigint = 0 or r.event_at_us "
                     "< "
                     "$4) order by r.event_at_us desc, r.reference limit $5",
                 filter.line, filter.asset, filter.from_us, filter.until_us,
                 static_cast<std::int64_t>(filter.most)))
            out.push_back({revenue_in(row), row[9].as<std::string>(), row[10].as<std::string>()});
        return out;
    });
}

}  // namespace server::store

#include "server/store/proof_liabilities.h"

#include <algorithm>
#include <map>
#include <set>

#include "server/store/numbers.h"
#include "server/store/proof_rows.h"

namespace server::store {

using fleet::proof::Hash;
using fleet::proof::hex_of;
using fleet::proof::Liability;
using fleet::proof::sha256;
using fleet::proof::Statement;
using fleet::proof::StatementLine;
using fleet::proof::TextReader;
using fleet::proof::word_of;

namespace {

// The last transfer booked before the day ended, and where the chain stood.
struct DayEnd {
    std::int64_t number = 0;
    Hash head{};
};

DayEnd end_of(pqxx::work& transaction, const std::string& day) {
    const auto rows = transaction.exec_params(
        "select t.number, encode(h.hash, 'hex') from transfers t join transfer_hashes h on h.number = "
        "t.number "
        "where t.number = (select coalesce(max(last_number), 0) from ledger_days where day <= $1::date)",
        day);
    if (rows.empty()) return {};
    return {rows[0][0].as<std::int64_t>(), proof_hash_of(rows[0][1])};
}

// Balances as they were after transfer `number`: those of now less what came later.
std::map<std::string, std::vector<Liability>> owed_at(pqxx::work& transaction, std::int64_t number) {
    std::map<std::string, std::vector<Liability>> out;
    for (const auto& row : transaction.exec_params(
             "with later as (select account, sum(credits) - sum(debits) as moved from (select debit as "
             "account, amount as debits, 0 as credits from transfers where number > $1 union all select "
             "credit, 0, amount from transfers where number > $1) legs group by account) "
             "select a.asset, coalesce(k.key, ''), a.purpose, a.detail, b.credits - b.debits - "
             "coalesce(l.moved, 0) from accounts a join account_purposes p on p.purpose = a.purpose join "
             "balances b on b.account = a.id left join parties k on k.id = a.party left join later l on "
             "l.account = a.id where p.class = 'liability' and (a.party is not null or a.purpose = "
             "'unclaimed') order by a.asset collate \"C\", coalesce(k.key, '') collate \"C\", a.purpose "
             "collate \"C\", "
             "a.detail",
             number)) {
        Liability one;
        one.party = row[1].c_str();
        one.purpose = row[2].c_str();
        one.detail = row[3].c_str();
        one.amount = integer_of(row[4]);
        auto& all = out[row[0].c_str()];
        if (one.amount != 0) all.push_back(std::move(one));
    }
    return out;
}

std::set<std::string> assets_without_head(pqxx::work& transaction, const std::string& day) {
    std::set<std::string> out;
    for (const auto& row : transaction.exec_params(
             "select distinct a.asset from accounts a join account_purposes p on p.purpose = a.purpose where "
             "p.class = 'liability' and (a.party is not null or a.purpose = 'unclaimed') and not exists "
             "(select from liability_heads h where h.day = $1::date and h.asset = a.asset)",
             day))
        out.insert(row[0].c_str());
    return out;
}

std::string leaf_lines(const std::vector<Liability>& leaves) {
    std::string out;
    for (const auto& leaf : leaves)
        out += word_of(leaf.party) + " " + word_of(leaf.purpose) + " " + word_of(leaf.detail) + " " +
               leaf.amount.str() + "\n";
    return out;
}

}  // namespace

Hash liability_salt(const Hash& seed, std::size_t place) {
    return sha256("hashyard salt 1 " + hex_of(seed) + " " + std::to_string(place));
}

std::vector<Liability> liabilities_in(std::string_view lines, const Hash& seed) {
    std::vector<Liability> out;
    while (!lines.empty()) {
        const auto end = lines.find('\n');
        // A reader of one line, as if it stood behind a key.
        const auto text = "x\nliability " + std::string(lines.substr(0, end)) + "\n";
        TextReader in(text, "x");
        const auto values = in.values("liability", 4);
        out.push_back({in.word_in(values[0]), in.word_in(values[1]), in.word_in(values[2]),
                       in.integer_in(values[3]), liability_salt(seed, out.size())});
        if (!in.finish()) throw std::logic_error("proof: a stored liability is not readable");
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return out;
}

Stored<std::vector<LiabilitiesOfDay>> liabilities_to_sign(Database& database, const std::string& day) {
    return transact(database, [&](pqxx::work& transaction) {
        transaction.exec("set transaction isolation level repeatable read");
        std::vector<LiabilitiesOfDay> out;
        const auto end = end_of(transaction, day);
        if (end.number == 0) return out;
        const auto open = assets_without_head(transaction, day);
        if (open.empty()) return out;
        for (auto& [asset, leaves] : owed_at(transaction, end.number)) {
            if (!open.contains(asset)) continue;
            LiabilitiesOfDay one;
            one.head.day = day;
            one.head.asset = asset;
            one.head.through_number = static_cast<std::uint64_t>(end.number);
            one.head.ledger_head = end.head;
            one.leaves = std::move(leaves);
            out.push_back(std::move(one));
        }
        return out;
    });
}

Stored<void> add_liabilities(Database& database, const SignedLiabilities& liabilities) {
    return transact(database, [&](pqxx::work& transaction) {
        const auto& head = liabilities.day.head;
        transaction.exec_params(
            "insert into liability_heads (day, asset, at_us, through_number, ledger_head, leaf_count, total, "
            "root, seed, leaves, key, signature) values ($1::date, $2, $3, $4, $5::bytea, $6, $7, $8::bytea, "
            "$9::bytea, $10, $11::bytea, $12::bytea) on conflict do nothing",
            head.day, head.asset, head.at_us, std::to_string(head.through_number), bytea_of(head.ledger_head),
            std::to_string(head.leaves), head.total.str(), bytea_of(head.root), bytea_of(liabilities.seed),
            leaf_lines(liabilities.day.leaves), bytea_of(liabilities.text.key),
            bytea_of(liabilities.text.signature));
    });
}

Stored<std::optional<Statement>> statement_of(Database& database, const std::string& party,
                                              const std::string& asset, std::int64_t from_us,
                                              std::int64_t to_us) {
    return transact(database, [&](pqxx::work& transaction) -> std::optional<Statement> {
        const std::string accounts =
            "select a.id, a.purpose from accounts a join account_purposes p on p.purpose = a.purpose join "
            "parties k on k.id = a.party where p.class = 'liability' and k.key = $1 and a.asset = $2";
        if (transaction.exec_params(accounts, party, asset).empty()) return std::nullopt;
        Statement out{party, asset, from_us, to_us, 0, {}, 0};
        out.opening =
            integer_of(transaction.exec_params1("with mine as (" + accounts +
                                                    ") select coalesce((select sum(amount) from transfers t "
                                                    "join mine on mine.id = t.credit where "
                                                    "booked_at_us < $3), 0) - coalesce((select sum(amount) "
                                                    "from transfers t join mine on mine.id = "
                                                    "t.debit where booked_at_us < $3), 0)",
                                                party, asset, from_us)[0]);
        out.closing = out.opening;
        for (
            const auto& row : transaction.exec_params(
                "with mine as (" + accounts +
                    ") select replace(t.id::text, '-', ''), t.booked_at_us, m.purpose, t.code, true, "
                    "t.amount, t.number from transfers t join mine m on m.id = t.credit where t.booked_at_us "
                    ">= $3 and t.booked_at_us < $4 union all select replace(t.id::text, '-', ''), "
                    "t.booked_at_us, m.purpose, t.code, false, t.amount, t.number from transfers t join mine "
                    "m on m.id = t.debit where t.booked_at_us >= $3 and t.booked_at_us < $4 order by 7, 5 "
                    "desc",
                party, asset, from_us, to_us)) {
            StatementLine line{row[0].c_str(),
                               row[1].as<std::int64_t>(),
                               row[2].c_str(),
                               row[3].c_str(),
                               row[4].as<bool>(),
                               integer_of(row[5]),
                               0};
            // A move between two accounts of the party is its credit, then its debit: never below zero.
            if (line.credit)
                out.closing += line.amount;
            else
                out.closing -= line.amount;
            line.balance = out.closing;
            out.lines.push_back(std::move(line));
        }
        return out;
    });
}

}  // namespace server::store

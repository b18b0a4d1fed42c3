#include "server/store/block_postings.h"

#include <map>

#include "server/store/ledger_posting.h"
#include "server/store/numbers.h"

namespace server::store {

namespace {

using fleet::ledger::AccountKey;
using fleet::ledger::BlockEarnings;
using fleet::ledger::Integer;
using fleet::ledger::parse_user_role;
using fleet::ledger::immature_transfers;
using fleet::ledger::mature_transfers;
using fleet::ledger::reversal_of;
using fleet::ledger::Shortfall;
using fleet::ledger::Transfer;
using fleet::ledger::transfer_id;
using fleet::ledger::UserRole;
using fleet::ledger::UserTerms;

struct Posting {
    std::string state;            // of the block
    std::string posted;           // what stands in the books; empty: nothing yet
    std::int64_t changed_us = 0;  // when the block came into its state
    int generation = 1;
    std::int64_t run = 0;  // 0: not made yet
    BlockEarnings earnings;
    std::int64_t frozen_at_us = 0;
};

std::optional<Posting> read_posting(pqxx::work& transaction, const BlockToPost& block) {
    const auto rows = transaction.exec_params(
        "select b.state, coalesce(p.state, ''), coalesce(p.generation, 1), coalesce(r.run, 0), a.code, "
        "b.found_at_us, b.coinbase_value_sats, b.fees_sats, coalesce(r.fee, 0), coalesce((k.rule ->> "
        "'fee_basis_points')::integer, 0), b.job_issued_at_us, coalesce((select (extract(epoch from max(at)) "
        "* "
        "1000000)::bigint from block_events e where e.coin = b.coin and e.hash = b.hash), b.found_at_us) "
        "from blocks b "
        "join assets a on a.coin = b.coin left join block_postings p on p.coin = b.coin and p.hash = b.hash "
        "left join "
        "payout_runs r on r.coin = b.coin and r.block_hash = b.hash and r.rule = b.rule left join "
        "payout_rules k on "
        "k.version = b.rule where b.coin = $1 and b.hash = $2::bytea for update of b",
        block.coin, bytea(block.hash));
    if (rows.empty()) return std::nullopt;
    const auto& row = rows[0];
    Posting posting;
    posting.state = row[0].as<std::string>();
    posting.posted = row[1].as<std::string>();
    posting.generation = row[2].as<int>();
    posting.run = row[3].as<std::int64_t>();
    posting.earnings.asset = row[4].as<std::string>();
    posting.earnings.found_at_us = row[5].as<std::int64_t>();
    posting.earnings.reward = integer_of(row[6]);
    posting.earnings.transaction_fees = integer_of(row[7]);
    posting.earnings.fee = integer_of(row[8]);
    posting.earnings.rule_fee_basis_points = row[9].as<unsigned>();
    posting.frozen_at_us = row[10].as<std::int64_t>();
    posting.changed_us = row[11].as<std::int64_t>();
    if (posting.posted == "reversed" && posting.state != "orphaned") ++posting.generation;
    posting.earnings.source_id =
        block.coin + ":" + stratum::displayed(block.hash) + ":" + std::to_string(posting.generation);
    return posting;
}

UserTerms terms_of(const pqxx::row& row, int first) {
    UserTerms terms;
    terms.role = parse_user_role(row[first].as<std::string>("participant")).value_or(UserRole::participant);
    terms.owner = row[first + 1].as<std::string>("");
    if (!row[first + 2].is_null()) terms.fee_basis_points = row[first + 2].as<unsigned>();
    terms.donation_basis_points = row[first + 3].as<unsigned>(0);
    return terms;
}

// The run's lines with the terms that held when the winning job was issued.
void read_lines(pqxx::work& transaction, Posting& posting) {
    for (const auto& row :
         transaction.exec_params("select u.name, l.amount, t.role, t.owner, t.fee_basis_points, "
                                 "t.donation_basis_points from payout_lines l "
                                 "join users u on u.id = l.user_id left join lateral (select * from "
                                 "user_terms t where t.user_id = u.id and "
                                 "t.valid_from_us <= $2 order by t.valid_from_us desc limit 1) t on true "
                                 "where l.run = $1 order by u.name",
                                 posting.run, posting.frozen_at_us))
        posting.earnings.lines.push_back({row[0].as<std::string>(), integer_of(row[1]), terms_of(row, 2)});
}

void set_state(pqxx::work& transaction, const BlockToPost& block, int generation, const std::string& state) {
    transaction.exec_params(
        "insert into block_postings (coin, hash, generation, state) values ($1, $2::bytea, $3, $4) on "
        "conflict (coin, "
        "hash) do update set generation = excluded.generation, state = excluded.state, posted_at = now()",
        block.coin, bytea(block.hash), generation, state);
}

// Debts that earlier generations of this block left, less what was recovered.
std::vector<Shortfall> shortfalls_of(pqxx::work& transaction, const BlockToPost& block) {
    std::vector<Shortfall> out;
    const auto prefix = block.coin + ":" + stratum::displayed(block.hash) + ":";
    for (const auto& row :
         transaction.exec_params("select k.key, sum(case when t.code = 'shortfall' then t.amount else "
                                 "-t.amount end) from transfers t join "
                                 "accounts a on a.id = case when t.code = 'shortfall' then t.debit else "
                                 "t.credit end join parties k on k.id "
                                 "= a.party where t.source_kind = 'block' and starts_with(t.source_id, $1) "
                                 "and t.code in ('shortfall', "
                                 "'recovered') and t.asset = (select code from assets where coin = $2) group "
                                 "by k.key having sum(case when "
                                 "t.code = 'shortfall' then t.amount else -t.amount end) > 0",
                                 prefix, block.coin))
        out.push_back({row[0].as<std::string>(), integer_of(row[1])});
    return out;
}

BlockPosted refused(const std::string& why) { return {BlockPosted::Kind::refused, 0, why}; }

BlockPosted post_immature(pqxx::work& transaction, const BlockToPost& block, Posting& posting,
                          std::int64_t now_us) {
    read_lines(transaction, posting);
    const auto transfers = immature_transfers(posting.earnings);
    if (!transfers) return refused(name_of(transfers.error()));
    const auto posted = post(transaction, now_us, *transfers);
    set_state(transaction, block, posting.generation, "immature");
    return {BlockPosted::Kind::immature, posted, {}};
}

BlockPosted post_mature(pqxx::work& transaction, const BlockToPost& block, Posting& posting,
                        const std::string& wallet, std::int64_t now_us) {
    read_lines(transaction, posting);
    const auto immature = transfers_of_source(transaction, "block", posting.earnings.source_id);
    const auto transfers = mature_transfers(posting.earnings, immature, wallet, posting.changed_us,
                                            shortfalls_of(transaction, block));
    if (!transfers) return refused(name_of(transfers.error()));
    const auto posted = post(transaction, now_us, *transfers);
    set_state(transaction, block, posting.generation, "mature");
    return {BlockPosted::Kind::mature, posted, {}};
}

// What a reversal takes from an account that is no longer there: paid out already. It is owed to us from now
// on.
std::vector<Transfer> cover(pqxx::work& transaction, const std::vector<Transfer>& reversals) {
    std::map<AccountKey, Integer> taken;
    std::map<AccountKey, Integer> given;
    for (const auto& reversal : reversals) {
        if (!reversal.debit.party.empty()) taken[reversal.debit] += reversal.amount;
        if (!reversal.credit.party.empty()) given[reversal.credit] += reversal.amount;
    }
    std::vector<Transfer> out;
    for (const auto& [account, amount] : taken) {
        if (account.purpose != "user" && account.purpose != "owner") continue;
        const Integer there = available_in(transaction, account) + given[account];
        if (there >= amount) continue;
        Transfer transfer = reversals.front();
        transfer.reverses.clear();
        transfer.id = transfer_id(transfer.source_kind, transfer.source_id, "shortfall", account.party);
        transfer.debit = {account.asset, "receivable", account.party, ""};
        transfer.credit = account;
        transfer.amount = amount - there;
        transfer.code = "shortfall";
        transfer.memo = "paid out before its block was reorganised away";
        out.push_back(std::move(transfer));
    }
    return out;
}

BlockPosted take_back(pqxx::work& transaction, const BlockToPost& block, const Posting& posting,
                      std::int64_t now_us) {
    lock_ledger(transaction);
    const auto booked = transfers_of_source(transaction, "block", posting.earnings.source_id);
    std::vector<Transfer> reversals;
    for (auto transfer = booked.rbegin(); transfer != booked.rend(); ++transfer)
        if (transfer->reverses.empty() && transfer->code != "shortfall" && transfer->code != "recovered")
            reversals.push_back(reversal_of(*transfer, posting.changed_us, "orphaned"));
    // A recovery is no reward: it is taken back as a new debt, not as a mirror, since the user has lost both.
    auto all = reversals.empty() ? std::vector<Transfer>{} : cover(transaction, reversals);
    all.insert(all.end(), reversals.begin(), reversals.end());
    const auto posted = post(transaction, now_us, all);
    set_state(transaction, block, posting.generation, "reversed");
    return {BlockPosted::Kind::reversed, posted, {}};
}

BlockPosted step(pqxx::work& transaction, const BlockToPost& block, const std::string& wallet,
                 std::int64_t now_us) {
    auto posting = read_posting(transaction, block);
    if (!posting) return {};
    const bool in_chain = posting->state == "immature" || posting->state == "mature";
    const bool booked = posting->posted == "immature" || posting->posted == "mature";
    if (in_chain && !booked && posting->run != 0) return post_immature(transaction, block, *posting, now_us);
    if (posting->state == "mature" && posting->posted == "immature")
        return post_mature(transaction, block, *posting, wallet, now_us);
    if (posting->state == "orphaned" && booked) return take_back(transaction, block, *posting, now_us);
    return {};
}

}  // namespace

const char* name_of(BlockPosted::Kind kind) {
    switch (kind) {
        case BlockPosted::Kind::nothing:
            return "nothing";
        case BlockPosted::Kind::immature:
            return "immature";
        case BlockPosted::Kind::mature:
            return "mature";
        case BlockPosted::Kind::reversed:
            return "reversed";
        case BlockPosted::Kind::refused:
            return "refused";
    }
    return "unknown";
}

Stored<std::vector<BlockToPost>> blocks_to_post(Database& database, std::size_t most) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<BlockToPost> out;
        for (const auto& row : transaction.exec_params("select b.coin, encode(b.hash, 'hex') from blocks b "
                                                       "join assets a on a.coin = b.coin left join "
                                                       "block_postings p on p.coin = b.coin and p.hash = "
                                                       "b.hash where (b.state in ('immature', 'mature') and "
                                                       "coalesce(p.state, 'reversed') = 'reversed' and "
                                                       "exists (select from payout_runs r where r.coin = "
                                                       "b.coin and r.block_hash = b.hash and r.rule = "
                                                       "b.rule)) or (b.state = 'mature' and p.state = "
                                                       "'immature') or (b.state = 'orphaned' and p.state in "
                                                       "('immature', 'mature')) order by b.found_at_us, "
                                                       "b.hash limit $1",
                                                       static_cast<std::int64_t>(most)))
            out.push_back({row[0].as<std::string>(), hash_of(row[1])});
        return out;
    });
}

Stored<BlockPosted> post_block(Database& database, const BlockToPost& block, const std::string& wallet,
                               std::int64_t now_us) {
    try {
        return transact(database,
                        [&](pqxx::work& transaction) { return step(transaction, block, wallet, now_us); });
    } catch (const std::exception& failure) {
        const auto refusal = ledger_refusal_in(failure);
        if (!refusal) throw;
        return refused(*refusal);
    }
}

Stored<std::string> set_user_terms(Database& database, const SetTerms& terms) {
    return transact(database, [&](pqxx::work& transaction) -> std::string {
        const auto users = transaction.exec_params("select id from users where name = $1", terms.user);
        if (users.empty())
            return "nobody has mined as \"" + terms.user +
                   "\" and no such name is registered: hashyard user add";
        const auto fee = terms.terms.fee_basis_points ? std::to_string(*terms.terms.fee_basis_points) : "";
        const auto added = transaction.exec_params(
            "insert into user_terms (user_id, valid_from_us, role, owner, fee_basis_points, "
            "donation_basis_points, "
            "set_by) values ($1, $2, $3, nullif($4, ''), nullif($5, '')::integer, $6, $7) on conflict do "
            "nothing",
            users[0][0].as<std::int32_t>(), terms.valid_from_us, name_of(terms.terms.role), terms.terms.owner,
            fee, static_cast<std::int32_t>(terms.terms.donation_basis_points), terms.by);
        if (added.affected_rows() == 0)
            return "terms from that instant on are set already; choose a later one";
        return {};
    });
}

Stored<std::vector<SetTerms>> user_terms(Database& database, const std::string& user) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<SetTerms> out;
        for (const auto& row : transaction.exec_params("select t.valid_from_us, t.set_by, t.role, t.owner, "
                                                       "t.fee_basis_points, t.donation_basis_points from "
                                                       "user_terms t join users u on u.id = t.user_id where "
                                                       "u.name = $1 order by t.valid_from_us desc",
                                                       user))
            out.push_back({user, row[0].as<std::int64_t>(), terms_of(row, 2), row[1].as<std::string>()});
        return out;
    });
}

}  // namespace server::store

#include "server/store/payouts.h"

#include <tuple>

#include "fleet/ledger/settlement.h"
#include "server/store/transaction.h"
#include "server/store/window_reader.h"
#include "stratum/sha256.h"

namespace server::store {

namespace {

using namespace fleet::ledger;

struct BlockFacts {
    Chain chain;
    std::int32_t rule_version = 0;
    PayoutRule rule;
    std::int64_t frozen_at_us = 0;
    Integer reward;
    std::string finder;  // the user; empty: not known
};

std::optional<BlockFacts> read_block(pqxx::work& transaction, const std::string& coin,
                                     const stratum::Hash256& hash) {
    const auto rows = transaction.exec_params(
        "select b.algorithm, b.rule, b.job_issued_at_us, b.coinbase_value_sats, u.name, r.rule ->> 'scheme', "
        "coalesce((r.rule ->> 'window_factor')::integer, 1), (r.rule ->> 'fee_basis_points')::integer, "
        "coalesce(r.rule ->> 'underfilled', 'log') from blocks b join payout_rules r on r.version = b.rule "
        "left join workers w "
        "on w.id = b.finder left join users u on u.id = w.user_id where b.coin = $1 and b.hash = $2::bytea "
        "for update of b",
        coin, bytea(hash));
    if (rows.empty()) return std::nullopt;
    const auto& row = rows[0];
    BlockFacts facts;
    facts.chain = {coin, row[0].as<std::string>()};
    facts.rule_version = row[1].as<std::int32_t>();
    facts.frozen_at_us = row[2].as<std::int64_t>();
    facts.reward = row[3].as<std::uint64_t>();
    facts.finder = row[4].as<std::string>("");
    facts.rule.scheme = parse_scheme(row[5].as<std::string>()).value_or(Scheme::pplns);
    facts.rule.window_factor = row[6].as<unsigned>();
    facts.rule.fee_basis_points = row[7].as<unsigned>();
    facts.rule.underfilled = parse_underfilled(row[8].as<std::string>()).value_or(Underfilled::log);
    return facts;
}

std::string number_or_null(const std::optional<std::int64_t>& value) {
    return value ? std::to_string(*value) : "";
}

std::int64_t insert_run(pqxx::work& transaction, const BlockFacts& facts, const BlockReward& block,
                        const stratum::Hash256& hash, const WindowRead& read, const Settlement& settled) {
    const auto input =
        stratum::sha256(stratum::view_of(canonical_input(facts.rule, block, read.window.weights())));
    const auto output = stratum::sha256(stratum::view_of(canonical_output(settled)));
    const auto cut = read.window.cut_weight() ? read.window.cut_weight()->str() : "";
    return transaction
        .exec_params1(
            "insert into payout_runs (coin, block_hash, rule, reward, fee, distributable, window_limit, "
            "window_weight, "
            "newest_position, oldest_position, cut_weight, frozen_at_us, input_hash, output_hash) values "
            "($1, $2::bytea, $3, "
            "$4, $5, $6, $7, $8, nullif($9, '')::bigint, nullif($10, '')::bigint, nullif($11, '')::numeric, "
            "$12, $13::bytea, "
            "$14::bytea) returning run",
            block.coin, bytea(hash), facts.rule_version, block.reward.str(), settled.fee.str(),
            settled.distributable.str(), read.window.limit().str(), read.window.total().str(),
            number_or_null(read.newest_position), number_or_null(read.oldest_position), cut,
            facts.frozen_at_us, bytea(input), bytea(output))[0]
        .as<std::int64_t>();
}

void insert_lines(pqxx::work& transaction, std::int64_t run, const std::vector<PayoutLine>& lines) {
    transaction.exec(
        "create temporary table new_lines (account text collate \"C\", weight numeric, floor numeric, "
        "remainder numeric, extra "
        "smallint, amount numeric) on commit drop");
    static const std::vector<std::string> columns{"account",   "weight", "floor",
                                                  "remainder", "extra",  "amount"};
    auto stream = copy_into(transaction, "new_lines", columns);
    for (const auto& line : lines)
        stream << std::make_tuple(line.account, line.weight.str(), line.floor.str(), line.remainder.str(),
                                  line.extra, line.amount.str());
    stream.complete();
    const auto added = transaction.exec_params(
        "insert into payout_lines (run, user_id, weight, floor, remainder, extra, amount) select $1, u.id, "
        "l.weight, l.floor, "
        "l.remainder, l.extra, l.amount from new_lines l join users u on u.name = l.account",
        run);
    if (static_cast<std::size_t>(added.affected_rows()) != lines.size())
        throw std::logic_error("payouts: an account is not a user");
}

CreditOutcome refused(LedgerError error) { return {CreditOutcome::Kind::refused, 0, 0, name_of(error)}; }

CreditOutcome credit(pqxx::work& transaction, const std::string& coin, const stratum::Hash256& hash) {
    const auto facts = read_block(transaction, coin, hash);
    if (!facts) return {};
    const auto runs = transaction.exec_params(
        "select run from payout_runs where coin = $1 and block_hash = $2::bytea and rule = $3", coin,
        bytea(hash), facts->rule_version);
    if (!runs.empty()) return {CreditOutcome::Kind::already, runs[0][0].as<std::int64_t>(), 0, {}};
    WindowRead read{Window(window_limit(facts->rule.window_factor)), {}, {}};
    if (facts->rule.scheme == Scheme::pplns) {
        auto window = read_window(transaction, facts->chain, facts->frozen_at_us, read.window.limit());
        if (!window) return refused(window.error());
        read = std::move(*window);
    }
    // An unknown finder is paid only where the finder decides: then nobody is, and a person has to look.
    if (facts->finder.empty() && read.window.total() == 0) return refused(LedgerError::no_weight);
    const BlockReward block{coin, stratum::displayed(hash), facts->reward, facts->finder};
    const auto settled = settle(facts->rule, block, read.window.weights());
    if (!settled) return refused(settled.error());
    const auto run = insert_run(transaction, *facts, block, hash, read, *settled);
    insert_lines(transaction, run, settled->lines);
    return {CreditOutcome::Kind::credited, run, settled->lines.size(), {}};
}

}  // namespace

Stored<std::int32_t> payout_rule_version(Database& database, const PayoutRule& rule) {
    return transact(database, [&](pqxx::work& transaction) {
        transaction.exec("lock table payout_rules in share row exclusive mode");
        const auto text = canonical(checked_rule(rule).value());
        const auto found =
            transaction.exec_params("select version from payout_rules where canonical = $1", text);
        if (!found.empty()) return found[0][0].as<std::int32_t>();
        return transaction
            .exec_params1(
                "insert into payout_rules (version, canonical, rule) select coalesce(max(version), 0) + 1, "
                "$1::text, $1::text::jsonb from "
                "payout_rules returning version",
                text)[0]
            .as<std::int32_t>();
    });
}

Stored<std::vector<BlockToCredit>> blocks_to_credit(Database& database) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<BlockToCredit> blocks;
        for (const auto& row : transaction.exec("select b.coin, encode(b.hash, 'hex'), b.found_at_us from "
                                                "blocks b where b.state in ('immature', 'mature') and "
                                                "not exists (select from payout_runs r where r.coin = b.coin "
                                                "and r.block_hash = b.hash and r.rule = b.rule) "
                                                "order by b.found_at_us"))
            blocks.push_back({row[0].as<std::string>(), hash_of(row[1]), row[2].as<std::int64_t>()});
        return blocks;
    });
}

Stored<CreditOutcome> credit_block(Database& database, const std::string& coin,
                                   const stratum::Hash256& hash) {
    return transact(database, [&](pqxx::work& transaction) {
        // One view of slices and shares for the whole window.
        transaction.exec("set transaction isolation level repeatable read");
        return credit(transaction, coin, hash);
    });
}

}  // namespace server::store

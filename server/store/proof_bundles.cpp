#include "server/store/proof_bundles.h"

#include <algorithm>

#include "fleet/ledger/settlement.h"
#include "fleet/ledger/window.h"
#include "server/store/ledger_posting.h"
#include "server/store/numbers.h"
#include "server/store/proof_rows.h"
#include "server/store/window_reader.h"

namespace server::store {

using fleet::proof::BlockBundle;
using fleet::proof::BundleCut;
using fleet::proof::check_bundle;
using fleet::proof::parse_block_bundle;
using fleet::proof::parse_rule;
using fleet::proof::parse_signed_text;

namespace {

constexpr std::size_t payouts_max = 10'000;

// Facts of the block and its run. False: there is no run.
bool read_run(pqxx::work& transaction, const BundleToMake& wanted, BlockBundle& out, std::int64_t& run) {
    const auto rows = transaction.exec_params(
        "select b.algorithm, b.height, b.found_at_us, b.job_issued_at_us, b.rule, k.canonical, "
        "b.coinbase_value_sats, b.fees_sats, coalesce(u.name, ''), r.run, r.window_limit, r.window_weight, "
        "coalesce(r.oldest_position, 0), coalesce(r.newest_position, 0), encode(r.input_hash, 'hex'), "
        "encode(r.output_hash, 'hex'), r.fee, r.distributable from blocks b join payout_rules k on k.version "
        "= b.rule join payout_runs r on r.coin = b.coin and r.block_hash = b.hash and r.rule = b.rule left "
        "join workers w on w.id = b.finder left join users u on u.id = w.user_id where b.coin = $1 and "
        "b.hash "
        "= $2::bytea",
        wanted.coin, bytea(wanted.hash));
    if (rows.empty()) return false;
    const auto& row = rows[0];
    out.stage = wanted.stage;
    out.generation = static_cast<std::uint64_t>(wanted.generation);
    out.coin = wanted.coin;
    out.algorithm = row[0].c_str();
    out.block = stratum::displayed(wanted.hash);
    out.height = row[1].as<std::uint64_t>();
    out.found_at_us = row[2].as<std::int64_t>();
    out.frozen_at_us = row[3].as<std::int64_t>();
    out.rule_version = row[4].as<std::uint64_t>();
    out.rule = row[5].c_str();
    out.reward = integer_of(row[6]);
    out.transaction_fees = integer_of(row[7]);
    out.finder = row[8].c_str();
    run = row[9].as<std::int64_t>();
    out.window_limit = integer_of(row[10]);
    out.window_weight = integer_of(row[11]);
    out.oldest_position = row[12].as<std::uint64_t>();
    out.newest_position = row[13].as<std::uint64_t>();
    out.input_hash = proof_hash_of(row[14]);
    out.output_hash = proof_hash_of(row[15]);
    out.fee = integer_of(row[16]);
    out.distributable = integer_of(row[17]);
    return true;
}

void read_lines(pqxx::work& transaction, std::int64_t run, BlockBundle& out) {
    for (const auto& row : transaction.exec_params("select u.name, l.weight, l.floor, l.remainder, l.extra, "
                                                   "l.amount from payout_lines l join users "
                                                   "u on u.id = l.user_id where l.run = $1 order by u.name",
                                                   run))
        out.lines.push_back({row[0].c_str(), integer_of(row[1]), integer_of(row[2]), integer_of(row[3]),
                             row[4].as<unsigned>(), integer_of(row[5])});
}

void read_books(pqxx::work& transaction, const BundleToMake& wanted, BlockBundle& out) {
    const auto source =
        wanted.coin + ":" + stratum::displayed(wanted.hash) + ":" + std::to_string(wanted.generation);
    for (const auto& transfer : transfers_of_source(transaction, "block", source))
        out.transfers.push_back({transfer.id, transfer.code, transfer.debit.purpose, transfer.debit.party,
                                 transfer.credit.purpose, transfer.credit.party, transfer.amount});
    for (const auto& row : transaction.exec_params(
             "select b.txid, o.party, sum(i.amount) from payout_items i join payout_batches b on b.batch = "
             "i.batch join obligations o on o.id = i.obligation where i.active and b.txid is not null and "
             "b.state in ('broadcast', 'unknown', 'confirming', 'settled') and o.made_at_us >= $2 and "
             "o.asset "
             "= (select code from assets where coin = $3) and o.party in (select 'user:' || u.name from "
             "payout_lines l join users u on u.id = l.user_id join payout_runs r on r.run = l.run where "
             "r.coin "
             "= $3 and r.block_hash = $1::bytea) group by b.txid, o.party order by b.txid, o.party limit $4",
             bytea(wanted.hash), out.found_at_us, wanted.coin, static_cast<std::int64_t>(payouts_max)))
        out.payouts.push_back({row[0].c_str(), row[1].c_str(), integer_of(row[2])});
}

// The window as an earlier bundle of the block tells it. False: there is none.
bool reuse_window(pqxx::work& transaction, const BundleToMake& wanted, BlockBundle& out) {
    const auto rows = transaction.exec_params(
        "select text from block_bundles where coin = $1 and hash = $2::bytea order by made_at limit 1",
        wanted.coin, bytea(wanted.hash));
    if (rows.empty()) return false;
    const auto text = parse_signed_text(rows[0][0].c_str());
    if (!text) return false;
    auto earlier = parse_block_bundle(text->text);
    if (!earlier || earlier->input_hash != out.input_hash) return false;
    out.slices = std::move(earlier->slices);
    out.works = std::move(earlier->works);
    out.cut = std::move(earlier->cut);
    return true;
}

// Why it cannot be told; empty: it is.
std::string read_slices(pqxx::work& transaction, const std::vector<std::int64_t>& slices, BlockBundle& out) {
    std::string ids = "{";
    for (const auto slice : slices) ids += (ids.size() > 1 ? "," : "") + std::to_string(slice);
    for (const auto& row : transaction.exec_params("select r.index, s.first_position, s.last_position, "
                                                   "s.network_work, s.work, encode(r.leaf, 'hex') "
                                                   "from slice_roots r join slices s on s.slice = r.slice "
                                                   "where r.slice = any($1::bigint[]) order by "
                                                   "r.index",
                                                   ids + "}"))
        out.slices.push_back({row[0].as<std::uint64_t>(), row[1].as<std::uint64_t>(),
                              row[2].as<std::uint64_t>(), integer_of(row[3]), integer_of(row[4]),
                              proof_hash_of(row[5])});
    return out.slices.size() == slices.size() ? "" : "not all of its slices are in the log yet";
}

std::string read_window_of(pqxx::work& transaction, BlockBundle& out) {
    const auto rule = parse_rule(out.rule);
    if (!rule) return "its rule is not one that this program knows";
    if (rule->scheme == fleet::ledger::Scheme::solo) return {};
    WindowDetail detail;
    const auto read =
        read_window(transaction, {out.coin, out.algorithm}, out.frozen_at_us, out.window_limit, &detail);
    if (!read) return name_of(read.error());
    const auto oldest = static_cast<std::uint64_t>(read->oldest_position.value_or(0));
    if (read->window.total() != out.window_weight || oldest != out.oldest_position)
        return "the window cannot be read any more: shares are gone, or came after the run was made";
    for (const auto& [key, work] : detail.works)
        out.works.push_back({key.first, key.second, work.sliced, work.edge});
    if (const auto& cut = detail.cut)
        out.cut = BundleCut{cut->account, static_cast<std::uint64_t>(cut->position), cut->network_work,
                            cut->work, cut->weight};
    return read_slices(transaction, detail.slices, out);
}

BundleMade make(pqxx::work& transaction, const BundleToMake& wanted) {
    BlockBundle bundle;
    std::int64_t run = 0;
    if (!read_run(transaction, wanted, bundle, run)) return {{}, "it has no payout run"};
    read_lines(transaction, run, bundle);
    read_books(transaction, wanted, bundle);
    if (!reuse_window(transaction, wanted, bundle)) {
        const auto why = read_window_of(transaction, bundle);
        if (!why.empty()) return {{}, why};
    }
    const auto needed = bundle.slices.empty() ? 0 : bundle.slices.back().index + 1;
    const auto head = head_with(transaction, needed, HeadSize::at_least);
    if (!head) return {{}, "no signed tree head covers its slices yet"};
    bundle.log = head->head.log;
    bundle.log_size = head->head.size;
    bundle.log_root = head->head.root;
    const auto checked = check_bundle(bundle);
    if (!checked.all_hold()) return {{}, checked.fails.front()};
    return {std::move(bundle), {}};
}

}  // namespace

Stored<std::vector<BundleToMake>> bundles_to_make(Database& database, std::size_t most) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<BundleToMake> out;
        for (const auto& row : transaction.exec_params(
                 "select p.coin, encode(p.hash, 'hex'), p.generation, p.state from block_postings p join "
                 "blocks b on b.coin = p.coin and b.hash = p.hash where not exists (select from "
                 "block_bundles "
                 "k where k.coin = p.coin and k.hash = p.hash and k.generation = p.generation and k.stage = "
                 "p.state) order by b.found_at_us limit $1",
                 static_cast<std::int64_t>(most)))
            out.push_back({row[0].c_str(), hash_of(row[1]), row[2].as<int>(), row[3].c_str()});
        return out;
    });
}

Stored<BundleMade> make_bundle(Database& database, const BundleToMake& wanted) {
    return transact(database, [&](pqxx::work& transaction) {
        transaction.exec("set transaction isolation level repeatable read");
        return make(transaction, wanted);
    });
}

Stored<void> add_bundle(Database& database, const BundleToMake& wanted, const BlockBundle& bundle,
                        const std::string& signed_text) {
    return transact(database, [&](pqxx::work& transaction) {
        transaction.exec_params(
            "insert into block_bundles (coin, hash, generation, stage, log, log_size, text) select $1, "
            "$2::bytea, $3, $4, log, $5, $6 from proof_logs where name = $7::bytea on conflict do nothing",
            wanted.coin, bytea(wanted.hash), wanted.generation, wanted.stage, std::to_string(bundle.log_size),
            signed_text, bytea_of(bundle.log));
    });
}

}  // namespace server::store

#include "server/store/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>

#include "server/store/transaction.h"

namespace server::store {

namespace {

// What most shares weigh fits 64 bits; the general form divides.
std::string decimal(const stratum::Uint256& value) {
    if (value.bit_width() <= 64) return fmt::format_int(value.limb(0)).str();
    return value.decimal();
}

bool stands_where_expected(pqxx::work& transaction, const ImportBatch& batch) {
    const auto next =
        transaction.exec1("select next_position from share_positions for update")[0].as<std::int64_t>();
    if (next != batch.first_position) return false;
    return std::all_of(batch.progress.begin(), batch.progress.end(), [&](const ShardProgress& progress) {
        const auto rows = transaction.exec_params(
            "select sequence from journal_positions where pool_node = $1 and journal = $2 and shard = $3",
            batch.pool_node, static_cast<std::int64_t>(batch.journal), progress.shard);
        const std::uint64_t stands = rows.empty() ? 0 : rows[0][0].as<std::uint64_t>();
        return stands == progress.after;
    });
}

void copy_shares(pqxx::work& transaction, const ImportBatch& batch) {
    if (batch.shares.empty()) return;
    static const std::vector<std::string> columns{"position", "sequence",  "received_at_us", "job",
                                                  "worker",   "pool_node", "shard",          "work",
                                                  "proof",    "hash"};
    // Straight into its partition where the batch lies in one: routing each row costs PostgreSQL more than
    // checking its bounds.
    const auto table = partition_of(batch.first_position);
    const auto last = batch.first_position + static_cast<std::int64_t>(batch.shares.size()) - 1;
    auto stream = copy_into(transaction, table == partition_of(last) ? table : "shares", columns);
    auto position = batch.first_position;
    std::string proof, hash;
    for (const auto& share : batch.shares) {
        proof = "\\x";
        stratum::append_hex(proof, {share.proof.data(), share.proof_bytes});
        hash = "\\x";
        stratum::append_hex(hash, share.hash.bytes);
        stream << std::make_tuple(position++, share.sequence, share.received_at_us, share.job, share.worker,
                                  static_cast<int>(batch.pool_node), static_cast<int>(share.shard),
                                  decimal(share.work), proof, hash);
    }
    stream.complete();
}

void insert_slice(pqxx::work& transaction, const ClosedSlice& slice) {
    const auto id =
        transaction
            .exec_params1(
                "insert into slices (coin, algorithm, first_position, last_position, shares, nbits, "
                "network_work, rule, work, "
                "weight, cumulative_weight, merkle_root, first_received_at_us, last_received_at_us) values "
                "($1, $2, $3, $4, $5, "
                "$6, $7, $8, $9, $10, $11, $12::bytea, $13, $14) returning slice",
                slice.chain.coin, slice.chain.algorithm, slice.first_position, slice.last_position,
                slice.last_position - slice.first_position + 1, slice.nbits, slice.network_work.str(),
                slice.rule, slice.work.str(), slice.weight.str(), slice.cumulative_weight.str(),
                bytea(slice.merkle_root), slice.first_received_at_us, slice.last_received_at_us)[0]
            .as<std::int64_t>();
    static const std::vector<std::string> columns{"slice", "user_id", "shares", "work"};
    auto stream = copy_into(transaction, "slice_users", columns);
    for (const auto& user : slice.users)
        stream << std::make_tuple(id, user.user, user.shares, decimal(user.work));
    stream.complete();
}

void insert_block(pqxx::work& transaction, std::int16_t pool_node, const ImportedBlock& block) {
    const auto total = block.total_weight.str();
    const std::string finder = block.finder == 0 ? "" : std::to_string(block.finder);
    const auto added = transaction.exec_params(
        "insert into blocks (coin, hash, algorithm, previous, height, nbits, network_work, "
        "coinbase_value_sats, fees_sats, "
        "pool_node, job, finder, rule, found_at_us, job_issued_at_us, position, total_weight, round_weight) "
        "values ($1, "
        "$2::bytea, $3, $4::bytea, $5, $6, $7, $8, $9, $10, $11, nullif($12, '')::integer, $13, $14, $15, "
        "$16, $17::numeric, "
        "greatest(0, $17::numeric - coalesce((select max(total_weight) from blocks where coin = $1 and "
        "algorithm = $3), 0))) "
        "on conflict (coin, hash) do nothing",
        block.chain.coin, bytea(block.hash), block.chain.algorithm, bytea(block.previous), block.height,
        block.nbits, block.network_work.str(), block.coinbase_value_sats, block.fees_sats, pool_node,
        static_cast<std::int64_t>(block.job), finder, block.rule, block.found_at_us, block.job_issued_at_us,
        block.position, total);
    if (added.affected_rows() == 0) return;
    transaction.exec_params(
        "insert into block_events (coin, hash, state, confirmations, node, detail) values ($1, $2::bytea, "
        "'submitted', 0, '', "
        "'found')",
        block.chain.coin, bytea(block.hash));
}

void add_intervals(pqxx::work& transaction, const std::vector<IntervalSum>& intervals) {
    if (intervals.empty()) return;
    std::string buckets = "{", workers = "{", shares = "{", works = "{";
    for (const auto& sum : intervals) {
        const char* comma = &sum == &intervals.front() ? "" : ",";
        (buckets += comma) += std::to_string(sum.bucket);
        (workers += comma) += std::to_string(sum.worker);
        (shares += comma) += std::to_string(sum.shares);
        (works += comma) += decimal(sum.work);
    }
    // Ordered, so that two importers (a mistake, but possible) cannot deadlock.
    transaction.exec_params(
        "insert into worker_intervals as t (bucket, worker, shares, work) "
        "select * from unnest($1::integer[], $2::integer[], $3::integer[], $4::numeric[]) as g (bucket, "
        "worker, shares, work) "
        "order by 1, 2 on conflict (bucket, worker) do update set shares = t.shares + excluded.shares, "
        "work = t.work + excluded.work",
        buckets + "}", workers + "}", shares + "}", works + "}");
    transaction.exec_params(
        "insert into pool_intervals as t (bucket, shares, work) select bucket, sum(shares), sum(work) from "
        "unnest($1::integer[], "
        "$2::integer[], $3::numeric[]) as g (bucket, shares, work) group by bucket order by bucket on "
        "conflict (bucket) do update "
        "set shares = t.shares + excluded.shares, work = t.work + excluded.work",
        buckets + "}", shares + "}", works + "}");
}

void move_positions(pqxx::work& transaction, const ImportBatch& batch) {
    transaction.exec_params("update share_positions set next_position = $1, rule = $2",
                            batch.first_position + static_cast<std::int64_t>(batch.shares.size()),
                            batch.rule);
    for (const auto& [chain, totals] : batch.totals)
        transaction.exec_params(
            "insert into share_totals (coin, algorithm, shares, work, weight) values ($1, $2, $3, $4, $5) on "
            "conflict (coin, "
            "algorithm) do update set shares = excluded.shares, work = excluded.work, weight = "
            "excluded.weight",
            chain.coin, chain.algorithm, totals.shares, totals.work.str(), totals.weight.str());
    for (const auto& progress : batch.progress)
        transaction.exec_params(
            "insert into journal_positions (pool_node, journal, shard, sequence) values ($1, $2, $3, $4) on "
            "conflict (pool_node, "
            "journal, shard) do update set sequence = excluded.sequence, imported_at = now()",
            batch.pool_node, static_cast<std::int64_t>(batch.journal), progress.shard,
            static_cast<std::int64_t>(progress.through));
}

}  // namespace

Stored<Imported> import(Database& database, const ImportBatch& batch) {
    return transact(database, [&](pqxx::work& transaction) {
        if (!stands_where_expected(transaction, batch)) return Imported::conflict;
        copy_shares(transaction, batch);
        for (const auto& slice : batch.slices) insert_slice(transaction, slice);
        for (const auto& block : batch.blocks) insert_block(transaction, batch.pool_node, block);
        add_intervals(transaction, batch.intervals);
        move_positions(transaction, batch);
        return Imported::imported;
    });
}

Stored<void> record_rejects(Database& database, const std::vector<RejectCount>& rejects) {
    return transact(database, [&](pqxx::work& transaction) {
        for (const auto& reject : rejects) {
            const bool known = reject.worker.has_value();
            transaction.exec_params(
                "insert into reject_intervals as t (bucket, worker, reason, count) values ($1, (select w.id "
                "from workers w join "
                "users u on u.id = w.user_id where $2 and u.name = $3 and w.name = $4), $5, $6) on conflict "
                "(bucket, worker, "
                "reason) do update set count = t.count + excluded.count",
                reject.bucket, known, known ? reject.worker->user : "",
                known ? reject.worker->worker_name : "", reject.reason, reject.count);
        }
    });
}

}  // namespace server::store

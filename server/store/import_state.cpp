// What the importer reads and defines before it imports.

#include <fmt/core.h>

#include "server/store/import.h"
#include "server/store/numbers.h"
#include "server/store/transaction.h"

namespace server::store {

namespace {

// An array parameter in PostgreSQL's text form, each element quoted.
template <typename Text>
std::string text_array(const std::vector<WorkerDefinition>& workers, Text text) {
    std::string out = "{";
    for (const auto& worker : workers) {
        if (out.size() > 1) out += ',';
        out += '"';
        for (const char letter : std::string(text(worker))) {
            if (letter == '"' || letter == '\\') out += '\\';
            out += letter;
        }
        out += '"';
    }
    return out + "}";
}

}  // namespace

Stored<std::int16_t> pool_node_id(Database& database, const std::string& name) {
    return transact(database, [&](pqxx::work& transaction) {
        transaction.exec_params(
            "insert into pool_nodes (name) select $1 where not exists (select from pool_nodes where name = "
            "$1) on conflict do "
            "nothing",
            name);
        return transaction.exec_params1("select id from pool_nodes where name = $1", name)[0]
            .as<std::int16_t>();
    });
}

Stored<ImportState> import_state(Database& database, std::int16_t pool_node, std::uint64_t journal) {
    return transact(database, [&](pqxx::work& transaction) {
        // One view for all of it.
        transaction.exec("set transaction isolation level repeatable read, read only");
        ImportState state;
        for (const auto& row : transaction.exec_params(
                 "select shard, sequence from journal_positions where pool_node = $1 and journal = $2",
                 pool_node, static_cast<std::int64_t>(journal)))
            state.positions[row[0].as<std::uint16_t>()] = row[1].as<std::uint64_t>();
        const auto next = transaction.exec1("select next_position, coalesce(rule, 0) from share_positions");
        state.next_position = next[0].as<std::int64_t>();
        state.open_rule = next[1].as<std::int32_t>();
        state.first_open_position =
            transaction.exec1("select coalesce(max(last_position), 0) + 1 from slices")[0].as<std::int64_t>();
        for (const auto& row :
             transaction.exec("select coin, algorithm, shares, work, weight from share_totals"))
            state.totals[{row[0].as<std::string>(), row[1].as<std::string>()}] = {
                row[2].as<std::int64_t>(), integer_of(row[3]), integer_of(row[4])};
        return state;
    });
}

Stored<std::vector<OpenShare>> open_shares(Database& database, std::int64_t first_position) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<OpenShare> shares;
        const auto rows = transaction.exec_params(
            "select s.position, s.received_at_us, u.id, u.name, j.coin, j.algorithm, j.nbits, s.work, "
            "encode(s.hash, 'hex') "
            "from shares s join workers w on w.id = s.worker join users u on u.id = w.user_id join jobs j on "
            "j.pool_node = "
            "s.pool_node and j.job = s.job where s.position >= $1 order by s.position",
            first_position);
        shares.reserve(static_cast<std::size_t>(rows.size()));
        for (const auto& row : rows)
            shares.push_back({row[0].as<std::int64_t>(), row[1].as<std::int64_t>(), row[2].as<std::int32_t>(),
                              row[3].as<std::string>(),
                              Chain{row[4].as<std::string>(), row[5].as<std::string>()},
                              row[6].as<std::uint32_t>(), uint256_of(integer_of(row[7])), hash_of(row[8])});
        return shares;
    });
}

Stored<std::vector<WorkerIds>> define_workers(Database& database,
                                              const std::vector<WorkerDefinition>& workers) {
    if (workers.empty()) return std::vector<WorkerIds>{};
    const auto kinds = text_array(workers, [](const auto& worker) { return name_of(worker.user_kind); });
    const auto users = text_array(workers, [](const auto& worker) { return worker.user; });
    const auto names = text_array(workers, [](const auto& worker) { return worker.worker_name; });
    return transact(database, [&](pqxx::work& transaction) {
        // `not exists` beside `on conflict`: a conflict uses up an id, and known workers come again with
        // every segment.
        transaction.exec_params(
            "insert into users (kind, name, payout_address) select distinct on (g.name) g.kind, g.name, case "
            "g.kind when "
            "'address' then g.name end from unnest($1::text[], $2::text[]) as g (kind, name) where not "
            "exists (select from users "
            "u where u.name = g.name) on conflict do nothing",
            kinds, users);
        transaction.exec_params(
            "insert into workers (user_id, name) select distinct u.id, g.worker from unnest($1::text[], "
            "$2::text[]) as g (name, "
            "worker) join users u on u.name = g.name where not exists (select from workers w where w.user_id "
            "= u.id and w.name = "
            "g.worker) on conflict do nothing",
            users, names);
        std::vector<WorkerIds> ids;
        for (const auto& row : transaction.exec_params(
                 "select w.id, u.id from unnest($1::text[], $2::text[]) with ordinality as g (name, worker, "
                 "n) join users u on "
                 "u.name = g.name join workers w on w.user_id = u.id and w.name = g.worker order by g.n",
                 users, names))
            ids.push_back({row[0].as<std::int32_t>(), row[1].as<std::int32_t>()});
        if (ids.size() != workers.size())
            throw std::logic_error("define_workers: a worker is missing after its insert");
        return ids;
    });
}

Stored<void> define_jobs(Database& database, std::int16_t pool_node, const std::vector<JobDefinition>& jobs) {
    return transact(database, [&](pqxx::work& transaction) {
        for (const auto& job : jobs)
            transaction.exec_params(
                "insert into jobs (pool_node, job, coin, algorithm, issued_at_us, height, version, nbits, "
                "time, "
                "coinbase_value_sats, fees_sats, previous, coinbase_prefix, coinbase_suffix, "
                "merkle_branches) values ($1, $2, "
                "$3, $4, $5, $6, $7, $8, $9, $10, $11, $12::bytea, $13::bytea, $14::bytea, $15::bytea) on "
                "conflict do nothing",
                pool_node, static_cast<std::int64_t>(job.job), job.chain.coin, job.chain.algorithm,
                job.issued_at_us, job.height, job.version, job.nbits, job.time, job.coinbase_value_sats,
                job.fees_sats, bytea(job.previous), bytea(job.coinbase_prefix), bytea(job.coinbase_suffix),
                bytea(job.merkle_branches));
    });
}

std::string partition_of(std::int64_t position) {
    return fmt::format("shares_{:012}", (position - 1) / partition_shares * partition_shares + 1);
}

Stored<void> make_partitions(Database& database, std::int64_t position) {
    return transact(database, [&](pqxx::work& transaction) {
        const auto first = (position - 1) / partition_shares;
        for (auto number = first; number <= first + 1; ++number) {
            const auto from = number * partition_shares + 1;
            const auto name = partition_of(from);
            if (!transaction.exec1("select to_regclass('" + name + "') is null")[0].as<bool>()) continue;
            transaction.exec(fmt::format("create table {} partition of shares for values from ({}) to ({})",
                                         name, from, from + partition_shares));
        }
    });
}

}  // namespace server::store

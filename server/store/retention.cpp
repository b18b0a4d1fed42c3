// Dropping raw shares that no window can reach any more.

#include <fmt/core.h>

#include "server/store/import.h"
#include "server/store/transaction.h"

namespace server::store {

namespace {

constexpr int windows_kept = 4;
constexpr int interval_days_kept = 35;

// The first position that has to stay: behind the newest slice (of each chain) that lies four windows of
// weight before now and before every block that is still to be credited.
std::int64_t first_position_kept(pqxx::work& transaction, unsigned window_factor) {
    const auto rows = transaction.exec_params(
        "select min(coalesce((select max(s.last_position) from slices s where s.coin = t.coin and "
        "s.algorithm = t.algorithm and "
        "s.cumulative_weight <= least(t.weight, (select min(b.total_weight) from blocks b where b.coin = "
        "t.coin and b.algorithm "
        "= t.algorithm and b.state <> 'orphaned' and not exists (select from payout_runs r where r.coin = "
        "b.coin and "
        "r.block_hash = b.hash))) - $1::numeric * power(2::numeric, 112)), 0)) + 1 from share_totals t",
        static_cast<int>(window_factor) * windows_kept);
    return rows[0][0].is_null() ? 1 : rows[0][0].as<std::int64_t>();
}

}  // namespace

Stored<std::vector<std::string>> drop_old_shares(Database& database, unsigned window_factor) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<std::string> dropped;
        const auto kept = first_position_kept(transaction, window_factor);
        // Partitions are named after their first position; see make_partitions().
        for (const auto& row : transaction.exec_params(
                 "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where "
                 "i.inhparent = "
                 "'shares'::regclass and substring(c.relname from 8)::bigint + $1 <= $2 order by 1",
                 partition_shares, kept)) {
            dropped.push_back(row[0].as<std::string>());
            transaction.exec("drop table " + dropped.back());
        }
        for (const auto* table : {"pool_intervals", "worker_intervals", "reject_intervals"})
            transaction.exec(
                fmt::format("delete from {} where bucket < extract(epoch from now())::bigint / {} - {}",
                            table, interval_s, interval_days_kept * 86'400 / interval_s));
        return dropped;
    });
}

}  // namespace server::store

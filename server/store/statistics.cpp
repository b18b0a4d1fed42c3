#include "server/store/statistics.h"

#include <algorithm>
#include <array>

#include "server/store/import.h"
#include "server/store/transaction.h"

namespace server::store {

namespace {

constexpr std::array<std::int64_t, 3> spans_s{600, 3600, 86'400};
constexpr const char* unit = "power(2::numeric, 112)";

struct Span {
    std::int64_t first_bucket = 0;
    double window_s = 0;
};

// A window never reaches behind the pool's first share, else a young pool would look slower than it is.
std::array<Span, 3> spans_at(pqxx::work& transaction, std::int64_t now_us) {
    std::array<Span, 3> spans;
    const std::int64_t running = now_us / 1'000'000 / interval_s;
    const auto oldest = transaction.exec1("select min(bucket) from pool_intervals")[0].as<std::int64_t>(0);
    for (std::size_t i = 0; i < spans.size(); ++i) {
        spans[i].first_bucket = running - spans_s[i] / interval_s;
        const auto begin = std::max(spans[i].first_bucket, std::min(oldest, running));
        spans[i].window_s = static_cast<double>(now_us) / 1e6 - static_cast<double>(begin * interval_s);
    }
    return spans;
}

// Columns 2i and 2i + 1, from `first`, hold the work and shares of span i.
std::vector<Hashrate> hashrates_of(const pqxx::row& row, int first, const std::array<Span, 3>& spans) {
    std::vector<Hashrate> rates;
    for (std::size_t i = 0; i < spans.size(); ++i) {
        const auto column = first + 2 * static_cast<int>(i);
        rates.push_back({spans[i].window_s, row[column].as<double>(0) / spans[i].window_s,
                         row[column + 1].as<std::uint64_t>(0)});
    }
    return rates;
}

// Sums over the three spans; $1, $2 and $3 are their first buckets, the longest last.
constexpr const char* span_sums =
    "coalesce(sum(i.work) filter (where i.bucket >= $1), 0)::float8, coalesce(sum(i.shares) filter (where "
    "i.bucket >= $1), 0), "
    "coalesce(sum(i.work) filter (where i.bucket >= $2), 0)::float8, coalesce(sum(i.shares) filter (where "
    "i.bucket >= $2), 0), "
    "coalesce(sum(i.work), 0)::float8, coalesce(sum(i.shares), 0)";

std::map<std::string, std::uint64_t> counts_of(const pqxx::result& rows) {
    std::map<std::string, std::uint64_t> counts;
    for (const auto& row : rows) counts[row[0].as<std::string>()] = row[1].as<std::uint64_t>();
    return counts;
}

std::optional<std::int64_t> share_time_of(const pqxx::field& bucket) {
    if (bucket.is_null()) return std::nullopt;
    return bucket.as<std::int64_t>() * interval_s * 1'000'000;
}

void read_round_and_luck(pqxx::work& transaction, PoolStatistics& pool) {
    const auto round =
        transaction.exec(std::string("select ((t.weight - coalesce(b.total_weight, 0)) / ") + unit +
                         ")::float8, b.found_at_us from share_totals t left join lateral (select "
                         "total_weight, found_at_us from blocks where "
                         "coin = t.coin and algorithm = t.algorithm order by total_weight desc, found_at_us "
                         "desc limit 1) b on true order by "
                         "t.coin, t.algorithm limit 1");
    if (!round.empty()) {
        pool.round_effort = round[0][0].as<double>();
        if (!round[0][1].is_null()) pool.round_started_at_us = round[0][1].as<std::int64_t>();
    }
    const auto luck = transaction.exec1(
        std::string("select count(*), coalesce(sum(round_weight) / ") + unit +
        ", 0)::float8 from (select round_weight from blocks order by found_at_us desc limit 100) b");
    const auto expected = luck[1].as<double>();
    if (expected > 0) {
        pool.luck_blocks = luck[0].as<std::uint64_t>();
        pool.luck = static_cast<double>(pool.luck_blocks) / expected;
    }
}

constexpr const char* select_block =
    "select encode(b.hash, 'hex'), b.height, b.found_at_us, coalesce(u.name, ''), coalesce(w.name, ''), "
    "b.state, b.confirmations, "
    "(b.round_weight / power(2::numeric, 112))::float8, b.coinbase_value_sats from blocks b left join "
    "workers w on w.id = b.finder "
    "left join users u on u.id = w.user_id ";

BlockRow block_of(const pqxx::row& row) {
    return {stratum::displayed(hash_of(row[0])),
            row[1].as<std::uint32_t>(),
            row[2].as<std::int64_t>(),
            row[3].as<std::string>(),
            row[4].as<std::string>(),
            row[5].as<std::string>(),
            row[6].as<std::uint32_t>(),
            row[7].as<double>(),
            row[8].as<std::int64_t>()};
}

std::vector<PayoutLineRow> payout_lines(pqxx::work& transaction, std::int64_t run) {
    std::vector<PayoutLineRow> lines;
    for (const auto& row : transaction.exec_params(
             "select u.name, l.weight, (l.weight / nullif(sum(l.weight) over (), 0))::float8, l.amount from "
             "payout_lines l join "
             "users u on u.id = l.user_id where l.run = $1 order by l.amount desc, u.name",
             run))
        lines.push_back({row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<double>(0),
                         row[3].as<std::int64_t>()});
    return lines;
}

}  // namespace

Stored<PoolStatistics> pool_statistics(Database& database, std::int64_t now_us) {
    return transact(database, [&](pqxx::work& transaction) {
        const auto spans = spans_at(transaction, now_us);
        PoolStatistics pool;
        pool.hashrate = hashrates_of(
            transaction.exec_params1(
                std::string("select ") + span_sums + " from pool_intervals i where i.bucket >= $3",
                spans[0].first_bucket, spans[1].first_bucket, spans[2].first_bucket),
            0, spans);
        read_round_and_luck(transaction, pool);
        pool.blocks = counts_of(transaction.exec("select state, count(*) from blocks group by state"));
        pool.rejects = counts_of(transaction.exec_params(
            "select reason, sum(count) from reject_intervals where bucket >= $1 group by reason",
            spans[2].first_bucket));
        const auto active = transaction.exec_params1(
            "select count(distinct w.user_id), count(distinct w.id) from worker_intervals i join workers w "
            "on w.id = i.worker "
            "where i.bucket >= $1",
            spans[0].first_bucket);
        pool.users_active = active[0].as<std::uint64_t>();
        pool.workers_active = active[1].as<std::uint64_t>();
        return pool;
    });
}

Stored<std::optional<UserStatistics>> user_statistics(Database& database, std::string_view user,
                                                      std::int64_t now_us) {
    return transact(database, [&](pqxx::work& transaction) -> std::optional<UserStatistics> {
        const auto spans = spans_at(transaction, now_us);
        const auto found =
            transaction.exec_params("select id, name, kind from users where name = $1", std::string(user));
        if (found.empty()) return std::nullopt;
        const auto id = found[0][0].as<std::int32_t>();
        UserStatistics out;
        out.user = found[0][1].as<std::string>();
        out.kind = found[0][2].as<std::string>();
        const auto row =
            transaction.exec_params1(std::string("select ") + span_sums +
                                         " from workers w left join worker_intervals i on i.worker = w.id "
                                         "and i.bucket >= $3 where w.user_id = $4",
                                     spans[0].first_bucket, spans[1].first_bucket, spans[2].first_bucket, id);
        out.hashrate = hashrates_of(row, 0, spans);
        const auto workers = transaction.exec_params1(
            "select count(*), max((select max(i.bucket) from worker_intervals i where i.worker = w.id)) from "
            "workers w where "
            "w.user_id = $1",
            id);
        out.workers = workers[0].as<std::uint64_t>();
        out.last_share_at_us = share_time_of(workers[1]);
        out.rejects =
            counts_of(transaction.exec_params("select r.reason, sum(r.count) from reject_intervals r join "
                                              "workers w on w.id = r.worker where w.user_id = $1 and "
                                              "r.bucket >= $2 group by r.reason",
                                              id, spans[2].first_bucket));
        out.credited_sats = transaction
                                .exec_params1(
                                    "select coalesce(sum(l.amount), 0) from payout_lines l join payout_runs "
                                    "r on r.run = l.run join "
                                    "blocks b on b.coin = r.coin and b.hash = r.block_hash where l.user_id = "
                                    "$1 and b.state <> "
                                    "'orphaned'",
                                    id)[0]
                                .as<std::int64_t>();
        return out;
    });
}

Stored<std::vector<WorkerStatistics>> worker_statistics(Database& database, std::string_view user,
                                                        std::size_t count, std::int64_t now_us) {
    return transact(database, [&](pqxx::work& transaction) {
        const auto spans = spans_at(transaction, now_us);
        std::vector<WorkerStatistics> workers;
        for (const auto& row :
             transaction.exec_params(std::string("select w.name, (select max(l.bucket) from worker_intervals "
                                                 "l where l.worker = w.id) as latest, ") +
                                         span_sums +
                                         " from users u join workers w on w.user_id = u.id left join "
                                         "worker_intervals i on i.worker = w.id and "
                                         "i.bucket >= $3 where u.name = $4 group by w.id, w.name order by "
                                         "latest desc nulls last, w.name limit $5",
                                     spans[0].first_bucket, spans[1].first_bucket, spans[2].first_bucket,
                                     std::string(user), static_cast<std::int64_t>(count)))
            workers.push_back({row[0].as<std::string>(), hashrates_of(row, 2, spans), share_time_of(row[1])});
        return workers;
    });
}

Stored<std::vector<BlockRow>> blocks(Database& database, std::optional<std::uint32_t> before_height,
                                     std::size_t count) {
    return transact(database, [&](pqxx::work& transaction) {
        std::vector<BlockRow> rows;
        const std::int64_t below = before_height ? *before_height : std::int64_t{1} << 32;
        for (const auto& row : transaction.exec_params(
                 std::string(select_block) +
                     "where b.height < $1 order by b.height desc, b.found_at_us desc limit $2",
                 below, static_cast<std::int64_t>(count)))
            rows.push_back(block_of(row));
        return rows;
    });
}

Stored<std::optional<BlockRow>> block(Database& database, std::string_view displayed_hash) {
    const auto hash = stratum::parse_displayed(displayed_hash);
    if (!hash) return std::optional<BlockRow>{};
    return transact(database, [&](pqxx::work& transaction) -> std::optional<BlockRow> {
        const auto rows =
            transaction.exec_params(std::string(select_block) + "where b.hash = $1::bytea", bytea(*hash));
        if (rows.empty()) return std::nullopt;
        return block_of(rows[0]);
    });
}

Stored<std::optional<PayoutRunRow>> payout_run(Database& database, std::string_view displayed_hash) {
    const auto hash = stratum::parse_displayed(displayed_hash);
    if (!hash) return std::optional<PayoutRunRow>{};
    return transact(database, [&](pqxx::work& transaction) -> std::optional<PayoutRunRow> {
        const auto rows = transaction.exec_params(
            "select r.run, b.height, r.rule, p.rule ->> 'scheme', (extract(epoch from r.made_at) * "
            "1000000)::bigint, r.reward, "
            "r.fee, (r.window_weight / nullif(r.window_limit, 0))::float8, encode(r.input_hash, 'hex'), "
            "encode(r.output_hash, "
            "'hex') from payout_runs r join blocks b on b.coin = r.coin and b.hash = r.block_hash join "
            "payout_rules p on "
            "p.version = r.rule where r.block_hash = $1::bytea order by r.run desc limit 1",
            bytea(*hash));
        if (rows.empty()) return std::nullopt;
        const auto& row = rows[0];
        PayoutRunRow run;
        run.block = stratum::displayed(*hash);
        run.height = row[1].as<std::uint32_t>();
        run.rule = row[2].as<std::int32_t>();
        run.scheme = row[3].as<std::string>();
        run.computed_at_us = row[4].as<std::int64_t>();
        run.reward_sats = row[5].as<std::int64_t>();
        run.fee_sats = row[6].as<std::int64_t>();
        run.window_ratio = row[7].as<double>(0);
        run.input_hash = row[8].as<std::string>();
        run.output_hash = row[9].as<std::string>();
        run.lines = payout_lines(transaction, row[0].as<std::int64_t>());
        return run;
    });
}

}  // namespace server::store

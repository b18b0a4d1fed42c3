// How fast shares reach PostgreSQL, and how long a block's window takes. Makes a cluster of its own in a
// temporary folder.
//   hashyard-store-bench [shares] [workers] [slices]
// Prints one line a measurement, with the processor time of this process and of PostgreSQL's.

#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "server/pool/importer.h"
#include "server/store/migrator.h"
#include "server/store/transaction.h"
#include "tests/integration/import/memory_source.h"
#include "tests/integration/store/fresh_database.h"

namespace {

using namespace integration;
using namespace server::store;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begun) {
    return std::chrono::duration<double>(Clock::now() - begun).count();
}

double processor_s() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Of the server's processes that live now; its connections stay open over a measurement.
double server_processor_s(pid_t postmaster) {
    double ticks = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        std::ifstream file(entry.path() / "stat");
        std::string text;
        if (!std::getline(file, text)) continue;
        // pid (name) state ppid … utime stime are fields 14 and 15 (proc(5)).
        std::istringstream fields(text.substr(text.rfind(')') + 2));
        std::string skipped;
        pid_t parent = 0;
        double user = 0, system = 0;
        fields >> skipped >> parent;
        for (int i = 5; i < 14; ++i) fields >> skipped;
        fields >> user >> system;
        if (parent == postmaster) ticks += user + system;
    }
    return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// Network difficulty 10,018,759: eight units are 200 slices of 100,000 shares of difficulty 4, and 150,076 of
// difficulty 1.
constexpr std::uint32_t nbits = 0x1a01acb0;

// Shares of difficulty 1 made as they are read: 200,000 a second of journal time.
class EndlessSource : public ShareSource {
  public:
    EndlessSource(std::uint16_t shard, std::uint64_t shares, std::uint32_t workers)
        : shard_(shard), shares_(shares), workers_(workers) {}
    [[nodiscard]] std::uint16_t shard() const override { return shard_; }
    void start_after(std::uint64_t sequence) override { sequence_ = sequence; }
    bool read(std::size_t records_max, std::vector<SourceRecord>& out) override {
        for (std::size_t i = 0; i < records_max && sequence_ < written_sequence(); ++i) {
            const auto n = ++sequence_;
            if (n == 1) {
                out.push_back({n, job_record(100, nbits)});
            } else if (n <= workers_ + 1) {
                const auto worker = static_cast<std::uint32_t>(n - 1);
                out.push_back({n, worker_record(worker, fmt::format("bcrt1quser{:032}", worker))});
            } else {
                auto share = share_record(100, 1 + static_cast<std::uint32_t>(n * 2654435761U % workers_),
                                          start_us + static_cast<std::int64_t>(n * 10));
                out.push_back({n, share});
            }
        }
        return sequence_ < written_sequence();
    }
    [[nodiscard]] std::uint64_t position() const override { return sequence_; }
    [[nodiscard]] std::uint64_t written_sequence() const override { return shares_ + workers_ + 1; }
    void imported_through(std::uint64_t) override {}

  private:
    const std::uint16_t shard_;
    const std::uint64_t shares_;
    const std::uint32_t workers_;
    std::uint64_t sequence_ = 0;
};

void measure_import(Database& database, pid_t postmaster, std::uint64_t journal, std::uint64_t shares,
                    std::uint32_t workers) {
    std::vector<std::unique_ptr<ShareSource>> sources;
    for (std::uint16_t shard = 0; shard < 2; ++shard)
        sources.push_back(std::make_unique<EndlessSource>(shard, shares / 2, workers / 2));
    server::pool::ImporterOptions options;
    options.journal = journal;
    server::pool::Importer importer(database, std::move(sources), options);
    const auto begun = Clock::now();
    const auto processor = processor_s();
    const auto server = server_processor_s(postmaster);
    while (importer.lag_records() > 0)
        if (importer.step() == server::pool::Importer::Step::unavailable) std::exit(1);
    const auto took = seconds_since(begun);
    const auto own = processor_s() - processor;
    const auto imported = static_cast<double>(importer.shares_imported());
    fmt::print(
        "import: {} shares of {} workers in {:.2f} s: {:.0f} shares/s; processor a share: {:.2f} us here, "
        "{:.2f} us in PostgreSQL\n",
        imported, workers, took, imported / took, own * 1e6 / imported,
        (server_processor_s(postmaster) - server) * 1e6 / imported);
}

// Slices of 100,000 shares of difficulty 4 by 5,000 users, written directly behind what was imported.
void fill_slices(Database& database, std::uint32_t users, std::int64_t slices) {
    const auto network_work = server::pool::network_facts_of(nbits)->network_work.str();
    const auto done = transact(database, [&](pqxx::work& transaction) {
        transaction.exec_params(
            "insert into users (kind, name, payout_address) select 'address', 'window' || lpad(n::text, 34, "
            "'0'), 'window' || "
            "lpad(n::text, 34, '0') from generate_series(1, $1) n",
            users);
        transaction.exec_params(
            "insert into slices (coin, algorithm, first_position, last_position, shares, nbits, "
            "network_work, rule, work, weight, "
            "cumulative_weight, merkle_root, first_received_at_us, last_received_at_us) select 'bitcoin', "
            "'sha256d', p + n * 100000, "
            "p + n * 100000 + 99999, 100000, $2, $3::numeric, 1, w, w * k, c + (n + 1) * w * k, sha256(''), "
            "0, 0 from (select "
            "next_position as p, 4295032833::numeric * 400000 as w, floor(2::numeric ^ 112 / $3::numeric) as "
            "k, (select "
            "max(weight) from share_totals) as c from share_positions) s, generate_series(0, $1 - 1) n",
            slices, nbits, network_work);
        transaction.exec_params(
            "insert into slice_users (slice, user_id, shares, work) select s.slice, u.id, 100000 / "
            "$1::integer, trunc(4295032833::numeric * "
            "400000 / $1::integer) from slices s cross join users u where s.last_received_at_us = 0 and "
            "u.name like 'window%' order "
            "by 1, 2",
            users);
        transaction.exec_params("update share_positions set next_position = next_position + $1 * 100000",
                                slices);
        transaction.exec("update share_totals set weight = (select max(cumulative_weight) from slices)");
    });
    if (!done) std::exit(1);
}

void measure_window(Database& database, pid_t postmaster) {
    const auto hash = stratum::sha256(stratum::Bytes{1});
    const auto found = transact(database, [&](pqxx::work& transaction) {
        transaction.exec_params(
            "insert into blocks (coin, hash, algorithm, previous, height, nbits, network_work, "
            "coinbase_value_sats, fees_sats, "
            "pool_node, job, finder, rule, found_at_us, job_issued_at_us, position, total_weight, "
            "round_weight, state) select "
            "'bitcoin', $1::bytea, 'sha256d', sha256(''), 1, 1, 1, 316687321, 0, pool_node, job, 1, 1, $2, "
            "$2, 1, 1, 1, 'immature' "
            "from jobs limit 1",
            bytea(hash), start_us + 1'000'000'000'000);
        // As autovacuum leaves a pool's tables.
        transaction.exec("analyze");
    });
    if (!found) std::exit(1);
    const auto processor = processor_s();
    const auto server = server_processor_s(postmaster);
    const auto begun = Clock::now();
    const auto outcome = credit_block(database, "bitcoin", hash).value();
    const auto took = seconds_since(begun);
    const auto facts = ask(database,
                           "select (newest_position - oldest_position + 1) || ' shares, ' || case when "
                           "window_weight = window_limit then 'full' else "
                           "'under-filled' end || ', oldest share ' || case when cut_weight is null then "
                           "'whole' else 'cut' end from payout_runs");
    fmt::print(
        "window: {}, {} users: {:.3f} s from the block to its stored lines; processor: {:.3f} s here, {:.3f} "
        "s in PostgreSQL\n",
        facts, outcome.lines, took, processor_s() - processor, server_processor_s(postmaster) - server);
}

}  // namespace

int main(int argc, char** argv) {
    const auto argument = [&](int index, std::uint64_t otherwise) {
        return argc > index ? std::strtoull(argv[index], nullptr, 10) : otherwise;
    };
    const auto shares = argument(1, 2'000'000);
    const auto workers = static_cast<std::uint32_t>(argument(2, 5'000));
    const auto slices = static_cast<std::int64_t>(argument(3, 200));
    TemporaryFolder folder;
    auto cluster = EmbeddedCluster::start({.data_dir = folder.path(), .user = {}}).value();
    Database database(cluster->url());
    if (!migrate(database).value().refused.empty()) return 1;
    measure_import(database, cluster->process(), 1, shares, workers);
    fill_slices(database, workers, slices);
    measure_import(database, cluster->process(), 2, 50'000, workers);
    measure_window(database, cluster->process());
    return 0;
}

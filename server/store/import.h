#pragma once
// Moves journal records into PostgreSQL. Called by the importer thread (server/pool/importer.h) alone; one
// transaction each.
//
// import() brings shares, closed slices, blocks and interval sums and moves the journals' positions in one
// transaction. It checks that the positions in the database are those the batch was made for, so a batch can
// never stand twice, whoever repeats it. Workers and jobs are written before by define_*(), which may be
// repeated without harm.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fleet/ledger/integer.h"
#include "server/store/database.h"
#include "server/store/users.h"
#include "stratum/bytes.h"
#include "stratum/uint256.h"

namespace server::store {

inline constexpr std::int64_t slice_shares_max = 100'000;
inline constexpr std::int64_t partition_shares = 10'000'000;  // about 2 GB with its index
inline constexpr std::int64_t interval_s = 300;

// What weights belong together: shares of one chain of blocks.
struct Chain {
    std::string coin = "bitcoin";
    std::string algorithm = "sha256d";
    friend auto operator<=>(const Chain&, const Chain&) = default;
};

struct WorkerDefinition {
    UserKind user_kind = UserKind::address;
    std::string user;
    std::string worker_name;
};
struct WorkerIds {
    std::int32_t worker = 0;
    std::int32_t user = 0;
};

struct JobDefinition {
    std::uint64_t job = 0;
    Chain chain;
    std::int64_t issued_at_us = 0;
    std::uint32_t height = 0;
    std::uint32_t version = 0;
    std::uint32_t nbits = 0;
    std::uint32_t time = 0;
    std::int64_t coinbase_value_sats = 0;
    std::int64_t fees_sats = 0;
    stratum::Hash256 previous;
    stratum::Bytes coinbase_prefix;
    stratum::Bytes coinbase_suffix;
    stratum::Bytes merkle_branches;  // 32 bytes each, joined
};

struct ImportedShare {
    std::uint64_t sequence = 0;
    std::int64_t received_at_us = 0;
    std::uint64_t job = 0;
    std::int32_t worker = 0;
    std::uint16_t shard = 0;
    std::uint8_t proof_bytes = 0;
    std::array<std::uint8_t, 45>
        proof{};  // migrations/0002: version, ntime, nonce, prefix length, extranonce
    stratum::Uint256 work;
    stratum::Hash256 hash;
};

struct SliceUser {
    std::int32_t user = 0;
    std::int32_t shares = 0;
    stratum::Uint256 work;
};

struct ClosedSlice {
    Chain chain;
    std::int64_t first_position = 0;
    std::int64_t last_position = 0;
    std::uint32_t nbits = 0;
    std::int32_t rule = 0;
    fleet::ledger::Integer network_work;
    fleet::ledger::Integer work;
    fleet::ledger::Integer weight;
    fleet::ledger::Integer cumulative_weight;
    stratum::Hash256 merkle_root;
    std::int64_t first_received_at_us = 0;
    std::int64_t last_received_at_us = 0;
    std::vector<SliceUser> users;
};

struct ImportedBlock {
    Chain chain;
    stratum::Hash256 hash;
    stratum::Hash256 previous;
    std::uint32_t height = 0;
    std::uint32_t nbits = 0;
    fleet::ledger::Integer network_work;
    std::int64_t coinbase_value_sats = 0;
    std::int64_t fees_sats = 0;
    std::uint64_t job = 0;
    std::int32_t finder = 0;  // worker; 0: none known
    std::int32_t rule = 0;
    std::int64_t found_at_us = 0;
    std::int64_t job_issued_at_us = 0;
    std::int64_t position = 0;            // of the first share after it
    fleet::ledger::Integer total_weight;  // of the chain, where it stands
};

struct IntervalSum {
    std::int32_t bucket = 0;  // seconds since 1970 / interval_s
    std::int32_t worker = 0;
    std::int32_t shares = 0;
    stratum::Uint256 work;
};

struct ShardProgress {
    std::uint16_t shard = 0;
    std::uint64_t after = 0;    // the position in the database that the batch begins behind
    std::uint64_t through = 0;  // the last frame of the batch
};

struct ChainTotals {
    std::int64_t shares = 0;
    fleet::ledger::Integer work;
    fleet::ledger::Integer weight;
};

struct ImportBatch {
    std::int16_t pool_node = 0;
    std::uint64_t journal = 0;  // identity
    std::int64_t first_position = 1;
    std::int32_t rule = 0;  // in force
    std::vector<ImportedShare> shares;
    std::vector<ClosedSlice> slices;
    std::vector<ImportedBlock> blocks;
    std::vector<IntervalSum> intervals;
    std::vector<ShardProgress> progress;
    std::map<Chain, ChainTotals> totals;  // after the batch; of chains that changed
};

enum class Imported {
    imported,
    conflict  // the database stands elsewhere: this batch (or another importer's) is in it; read the state
              // and begin from it
};

// Where the database stands; what the importer starts from.
struct ImportState {
    std::map<std::uint16_t, std::uint64_t> positions;  // by shard: the last frame that is in the database
    std::int64_t next_position = 1;
    std::int64_t first_open_position = 1;  // behind the last slice
    std::map<Chain, ChainTotals> totals;
    std::int32_t open_rule = 0;  // of the shares behind the last slice; 0: none known
};

// A share behind the last slice, from which the open slice is built again.
struct OpenShare {
    std::int64_t position = 0;
    std::int64_t received_at_us = 0;
    std::int32_t user = 0;
    std::string user_name;
    Chain chain;
    std::uint32_t nbits = 0;
    stratum::Uint256 work;
    stratum::Hash256 hash;
};

// The number of this pool node in the database; made when new.
[[nodiscard]] Stored<std::int16_t> pool_node_id(Database& database, const std::string& name);
[[nodiscard]] Stored<ImportState> import_state(Database& database, std::int16_t pool_node,
                                               std::uint64_t journal);
// Oldest first; at most slice_shares_max and one batch.
[[nodiscard]] Stored<std::vector<OpenShare>> open_shares(Database& database, std::int64_t first_position);
// One WorkerIds for each definition, in their order. Users and workers that are missing are made.
[[nodiscard]] Stored<std::vector<WorkerIds>> define_workers(Database& database,
                                                            const std::vector<WorkerDefinition>& workers);
// Those already there stay as they are.
[[nodiscard]] Stored<void> define_jobs(Database& database, std::int16_t pool_node,
                                       const std::vector<JobDefinition>& jobs);
// The partition that holds a position: shares_ and its first position in twelve digits.
[[nodiscard]] std::string partition_of(std::int64_t position);
// Makes the partitions for positions up to `position` and one ahead.
[[nodiscard]] Stored<void> make_partitions(Database& database, std::int64_t position);
[[nodiscard]] Stored<Imported> import(Database& database, const ImportBatch& batch);

// Rejects are not journaled: the pool adds its counts up and hands them in now and then; a crash loses those
// since.
struct RejectCount {
    std::int32_t bucket = 0;
    std::optional<WorkerDefinition> worker;
    std::string reason;
    std::int64_t count = 0;
};
[[nodiscard]] Stored<void> record_rejects(Database& database, const std::vector<RejectCount>& rejects);

// Drops share partitions that are older than four windows of weight, counted from now and from each block
// that is still to be credited, and interval rows older than 35 days. Slices, blocks and payout runs stay for
// ever. Returns the partitions dropped.
[[nodiscard]] Stored<std::vector<std::string>> drop_old_shares(Database& database, unsigned window_factor);

}  // namespace server::store

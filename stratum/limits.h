#pragma once
// Every maximum of the protocol core, with its arithmetic.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace stratum {

// -- extranonce
// -------------------------------------------------------------------------------------------------- prefix 4
// + rest 8: what every client read accepts (a rest above 8 is silently never submitted by cgminer).
inline constexpr std::size_t extranonce_bytes_v1 = 12;
// V2: prefix 4 + rest 16, as the reference pool grants; all channels of a group need the same sum.
inline constexpr std::size_t extranonce_bytes_v2 = 20;
// A port may offer a shorter rest (4 to 8); the prefix then ends in zeros.
inline constexpr std::size_t rest_bytes_min = 4;
inline constexpr std::size_t rest_bytes_default = 8;
inline constexpr std::size_t extranonce_bytes_max = 32;  // what a V2 message can carry
inline constexpr std::size_t prefix_bytes_max = 16;
inline constexpr std::size_t rest_bytes_max = 16;

// -- coinbase
// ----------------------------------------------------------------------------------------------------
// Script: height 5 + flags 16 + tag 1 + 40 + distinction 5 + extranonce 1 + 32 = 100 (consensus).
inline constexpr std::size_t coinbase_script_bytes_max = 100;
inline constexpr std::size_t coinbase_tag_bytes_max = 40;

// -- jobs
// -------------------------------------------------------------------------------------------------------- A
// share can arrive minutes late and still be a block: jobs stay known ten minutes.
inline constexpr std::chrono::minutes job_kept_for{10};
// Each keeps its template's transactions, up to 4 MB: 64 are 20 for ten quiet minutes and tips in a hurry.
inline constexpr std::size_t templates_kept_max = 64;
// Declared by clients (V2), for each shard. Each keeps its transactions: 512 MB at the worst.
inline constexpr std::size_t declared_jobs_max = 128;
// A replaced job of the same tip is credited so long; cgminer resubmits within 120 s after a resume.
inline constexpr std::chrono::seconds replaced_job_credited_for{120};
// After a change of difficulty, work already under way is credited at the easier of both targets so long.
inline constexpr std::chrono::seconds easier_target_credited_for{30};
// One template every 30 s for ten minutes is 20; difficulty changes and tips need the rest.
inline constexpr std::size_t issued_jobs_max = 32;
// Low five bits of a job id: difficulty changes within the life of one template.
inline constexpr std::uint8_t job_variants_max = 32;

// -- shares
// ------------------------------------------------------------------------------------------------------
// Distinct shares of one channel on one job: at 18 a minute ten minutes bring 180; the rest is for load tests
// and channels whose vardiff has yet to catch up. 2^18 keys of 8 bytes at a load of at most 1/2: 4 MiB.
inline constexpr std::size_t duplicates_per_job_max = std::size_t{1} << 18;
// Submissions hashed together. A round of the reactor may settle several batches.
inline constexpr std::size_t share_batch_max = 64;
// Seconds a header's time may run ahead of its job's: miners that roll it, 7 bits of it in hardware (BIP323
// rationale).
inline constexpr std::uint32_t ntime_ahead_max = 7200;

// -- V1 wire
// -----------------------------------------------------------------------------------------------------
inline constexpr std::size_t line_bytes_max_before_login = 8 * 1024;
inline constexpr std::size_t line_bytes_max = 16 * 1024;
inline constexpr std::size_t json_depth_max = 8;
inline constexpr std::size_t request_id_bytes_max = 64;
inline constexpr std::size_t agent_bytes_max = 128;
inline constexpr std::size_t user_bytes_max = 90;  // the longest bech32 text
inline constexpr std::size_t worker_name_bytes_max = 64;
inline constexpr std::size_t workers_per_session_max = 256;  // proxies log in many names on one line
// Bytes waiting for a slow reader; a notify with 12 branches is 2 KB, so this is over a minute of silence at
// a tip storm.
inline constexpr std::size_t output_bytes_max = 256 * 1024;

// -- V2 wire
// -----------------------------------------------------------------------------------------------------
// The largest legal message of a mining client, SetCustomMiningJob, has some 74 KB.
inline constexpr std::size_t v2_setup_bytes_max = 2048;  // five texts of 255 and numbers
inline constexpr std::size_t v2_mining_bytes_max = 128 * 1024;
// A proxy may open one for each machine behind it. One channel is about 1 KiB.
inline constexpr std::size_t channels_per_session_max = 16'384;
inline constexpr std::size_t channels_per_shard_max = 262'144;
// Each channel may have its opening and a first job on the wire.
inline constexpr std::size_t output_bytes_per_channel = 1024;
// Worker names that a proxy tells share by share (extension 0x0002), in all channels of one connection.
inline constexpr std::size_t told_workers_per_session_max = 16'384;

// -- extranonce prefixes
// -----------------------------------------------------------------------------------------
inline constexpr std::size_t resumable_channels_max = 20'000;  // closed channels kept for a resume, per shard

}  // namespace stratum

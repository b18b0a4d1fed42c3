#pragma once
// The share journal's format: what a shard writes before it answers. One file set per shard, self-describing.
// Written by the shard's thread, read by the importer and by `hashyard journal`. Little-endian throughout.
//
// A file is a run of 192-byte frames. A frame:
//   0 crc32c u32 over bytes 4..191 | 4 kind u8 | 5 format u8 (1) | 6 payload_bytes u8 (<= 176) | 7 more u8 |
//   8 sequence u64 | 16 payload
// A record is a head frame and the `more` frames of kind `more` that follow it; its payload is theirs joined.
// The sequence rises by one with every frame of (pool node, shard), over files and restarts, and is never
// used twice. Definitions (workers, jobs) stand in each segment file ahead of the first share that refers to
// them, so each file stands alone; the same definition may come again. journal_codec.h has the payloads,
// journal_folder.h the files.

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "stratum/bytes.h"
#include "stratum/uint256.h"

namespace server::pool {

inline constexpr std::size_t frame_bytes = 192;
inline constexpr std::size_t frame_header_bytes = 16;
inline constexpr std::size_t frame_payload_bytes_max = frame_bytes - frame_header_bytes;  // 176
inline constexpr std::uint8_t frame_format = 1;

enum class RecordKind : std::uint8_t { share = 1, job = 2, worker = 3, block = 4, more = 5 };

// An accepted submission. One frame. 132 bytes of payload.
struct ShareRecord {
    std::int64_t received_at_us = 0;  // microseconds since 1970
    std::uint64_t job = 0;            // JobRecord::job
    std::uint32_t worker = 0;         // WorkerRecord::worker
    std::uint32_t ntime = 0;
    std::uint32_t nonce = 0;
    std::uint32_t version = 0;  // the header's version as hashed
    std::uint8_t prefix_bytes = 0;
    std::uint8_t rest_bytes = 0;
    std::uint16_t flags = 0;                    // bit 0: met the network target
    std::array<std::uint8_t, 32> extranonce{};  // prefix then rest, zero-filled
    stratum::Uint256 target;                    // the target it is credited for
    stratum::Hash256 hash;                      // of the header
};
inline constexpr std::uint16_t share_flag_block = 1;

// Work handed to channels. Written again in each segment that has shares for it.
struct JobRecord {
    std::uint64_t job = 0;  // unique on this pool node for ever
    std::int64_t issued_at_us = 0;
    std::uint8_t coin = 0;       // stratum::Coin
    std::uint8_t algorithm = 0;  // stratum::Algorithm
    std::uint32_t height = 0;
    std::uint32_t version = 0;
    std::uint32_t nbits = 0;
    std::uint32_t time = 0;
    std::int64_t coinbase_value_sats = 0;
    std::int64_t fees_sats = 0;
    stratum::Hash256 previous;
    stratum::Bytes coinbase_prefix;
    stratum::Bytes coinbase_suffix;
    std::vector<stratum::Hash256> merkle_branches;
};

enum class UserKind : std::uint8_t { address = 0, name = 1 };

// A user.worker pair that shares refer to by number. The number is unique on (pool node, shard) for the life
// of the journal folder.
struct WorkerRecord {
    std::uint32_t worker = 0;
    UserKind user_kind = UserKind::address;
    std::string user;         // canonical address or registered name, 1 to 90 bytes
    std::string worker_name;  // 0 to 64 bytes of UTF-8
};

// A share that is a block. Written beside its share record if credited, alone if not (stale or duplicate).
struct BlockRecord {
    std::int64_t found_at_us = 0;
    std::uint64_t job = 0;
    std::uint32_t worker = 0;
    std::uint32_t height = 0;
    std::uint32_t nbits = 0;
    std::int64_t coinbase_value_sats = 0;
    std::int64_t fees_sats = 0;
    std::int64_t job_issued_at_us = 0;  // the view of the PPLNS window is frozen here
    stratum::Hash256 hash;
    stratum::Hash256 previous;
};

using Record = std::variant<ShareRecord, JobRecord, WorkerRecord, BlockRecord>;

}  // namespace server::pool

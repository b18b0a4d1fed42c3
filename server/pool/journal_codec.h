#pragma once
// Journal records to frames and back. Pure; any thread. The format stands in journal_record.h; what it leaves
// open is settled here:
// - `more` counts the frames of the record that still follow: n in the head frame, down to 0 in the last.
// - Every frame but a record's last one has a full payload; bytes behind the payload are zero.
// - One record has one encoding: decode refuses whatever encode would not have written.
// Decoding takes untrusted bytes: it returns a fault, never throws and never reads outside its argument.

#include <cstdint>
#include <string>

#include "server/pool/journal_record.h"
#include "stratum/bytes.h"

namespace server::pool {

// 255 frames may follow the head: 256 x 176 = 45,056 bytes. A job with a 16 kB coinbase and 32 branches fits
// with room to spare.
inline constexpr std::size_t record_frames_max = 256;
inline constexpr std::size_t record_payload_bytes_max = record_frames_max * frame_payload_bytes_max;
inline constexpr std::size_t user_bytes_max = 90;
inline constexpr std::size_t worker_name_bytes_max = 64;
inline constexpr std::size_t merkle_branches_max = 32;  // 2^32 transactions

using Frame = std::array<std::uint8_t, frame_bytes>;

// The hot one: writes all 192 bytes at `frame`. rest_bytes + prefix_bytes <= 32 is a precondition.
void encode_share(const ShareRecord& share, std::uint64_t sequence, std::uint8_t* frame);
// Appends the record's frames, numbered from `first_sequence` on; returns how many. 0 when a field is over
// its limit (then nothing was appended): callers check user input before.
[[nodiscard]] std::size_t encode(const Record& record, std::uint64_t first_sequence, stratum::Bytes& out);

enum class FrameFault : std::uint8_t {
    none,
    bad_checksum,    // the bytes are not what was written
    bad_header,      // kind, format or sizes make no sense
    wrong_sequence,  // a good frame, but not the one that belongs here
    bad_record,      // good frames whose payload is not a record
};
const char* name_of(FrameFault fault);

struct Decoded {
    enum class State : std::uint8_t { record, incomplete, fault } state = State::incomplete;
    FrameFault fault = FrameFault::none;
    std::size_t frames = 0;         // record: how many it has; fault: good frames before the bad one
    std::size_t frames_needed = 1;  // incomplete: how many whole frames must be there to go on
    Record record;
};
// Reads the record at the front of `bytes`; its head must carry `sequence`.
[[nodiscard]] Decoded decode(stratum::ByteView bytes, std::uint64_t sequence);
// True when the 192 bytes are one frame that was written whole, whatever it says.
[[nodiscard]] bool checksum_is_good(const std::uint8_t* frame);
inline std::uint64_t sequence_of(const std::uint8_t* frame) { return stratum::load_le64(frame + 8); }
// The head frame's kind and how many frames follow; only for frames with a good checksum.
inline RecordKind kind_of(const std::uint8_t* frame) { return static_cast<RecordKind>(frame[4]); }

// CRC32C (Castagnoli, RFC 3720 B.4), by the processor's instruction where it has one.
[[nodiscard]] std::uint32_t crc32c(stratum::ByteView bytes);
[[nodiscard]] std::uint32_t crc32c_portable(stratum::ByteView bytes);

}  // namespace server::pool

#include "server/pool/journal_codec.h"

#include <algorithm>
#include <cstring>

namespace server::pool {
namespace {

using stratum::ByteReader;
using stratum::Bytes;
using stratum::ByteView;
using stratum::ByteWriter;

constexpr std::size_t share_payload_bytes = 132;
static_assert(share_payload_bytes <= frame_payload_bytes_max);

void finish_frame(std::uint8_t* frame, RecordKind kind, std::size_t payload_bytes, std::size_t more,
                  std::uint64_t sequence) {
    frame[4] = static_cast<std::uint8_t>(kind);
    frame[5] = frame_format;
    frame[6] = static_cast<std::uint8_t>(payload_bytes);
    frame[7] = static_cast<std::uint8_t>(more);
    stratum::store_le64(frame + 8, sequence);
    stratum::store_le32(frame, crc32c({frame + 4, frame_bytes - 4}));
}

std::int64_t signed_le64(ByteReader& reader) { return static_cast<std::int64_t>(reader.le64()); }
void signed_le64(ByteWriter& writer, std::int64_t value) { writer.le64(static_cast<std::uint64_t>(value)); }

stratum::Hash256 read_hash(ByteReader& reader) {
    stratum::Hash256 hash;
    const auto raw = reader.bytes(hash.bytes.size());
    if (reader.ok()) std::copy(raw.begin(), raw.end(), hash.bytes.begin());
    return hash;
}

std::string read_text(ByteReader& reader) {
    const auto raw = reader.bytes(reader.u8());
    return {raw.begin(), raw.end()};
}

bool share_is_sane(const ShareRecord& share) {
    const std::size_t used = std::size_t{share.prefix_bytes} + share.rest_bytes;
    return used <= share.extranonce.size() &&
           std::all_of(share.extranonce.begin() + static_cast<std::ptrdiff_t>(used), share.extranonce.end(),
                       [](std::uint8_t byte) { return byte == 0; });
}

bool read_share(ByteReader& reader, ShareRecord& share) {
    share.received_at_us = signed_le64(reader);
    share.job = reader.le64();
    share.worker = reader.le32();
    share.ntime = reader.le32();
    share.nonce = reader.le32();
    share.version = reader.le32();
    share.prefix_bytes = reader.u8();
    share.rest_bytes = reader.u8();
    share.flags = reader.le16();
    share.extranonce = read_hash(reader).bytes;
    share.target = stratum::Uint256::from_hash(read_hash(reader));
    share.hash = read_hash(reader);
    return share_is_sane(share);
}

bool job_fits(const JobRecord& job) {
    return job.merkle_branches.size() <= merkle_branches_max &&
           job.coinbase_prefix.size() <= record_payload_bytes_max &&
           job.coinbase_suffix.size() <= record_payload_bytes_max;
}

void write_job(ByteWriter& writer, const JobRecord& job) {
    writer.le64(job.job);
    signed_le64(writer, job.issued_at_us);
    writer.u8(job.coin);
    writer.u8(job.algorithm);
    writer.le32(job.height);
    writer.le32(job.version);
    writer.le32(job.nbits);
    writer.le32(job.time);
    signed_le64(writer, job.coinbase_value_sats);
    signed_le64(writer, job.fees_sats);
    writer.bytes(job.previous.bytes);
    writer.compact_size(job.coinbase_prefix.size());
    writer.bytes(job.coinbase_prefix);
    writer.compact_size(job.coinbase_suffix.size());
    writer.bytes(job.coinbase_suffix);
    writer.u8(static_cast<std::uint8_t>(job.merkle_branches.size()));
    for (const auto& branch : job.merkle_branches) writer.bytes(branch.bytes);
}

Bytes read_sized(ByteReader& reader) {
    const auto size = reader.compact_size();
    const auto raw = reader.bytes(static_cast<std::size_t>(size));
    return {raw.begin(), raw.end()};
}

bool read_job(ByteReader& reader, JobRecord& job) {
    job.job = reader.le64();
    job.issued_at_us = signed_le64(reader);
    job.coin = reader.u8();
    job.algorithm = reader.u8();
    job.height = reader.le32();
    job.version = reader.le32();
    job.nbits = reader.le32();
    job.time = reader.le32();
    job.coinbase_value_sats = signed_le64(reader);
    job.fees_sats = signed_le64(reader);
    job.previous = read_hash(reader);
    job.coinbase_prefix = read_sized(reader);
    job.coinbase_suffix = read_sized(reader);
    const std::size_t branches = reader.u8();
    if (branches > merkle_branches_max) return false;
    for (std::size_t i = 0; i < branches && reader.ok(); ++i)
        job.merkle_branches.push_back(read_hash(reader));
    return true;
}

bool worker_fits(const WorkerRecord& worker) {
    return worker.worker != 0 && !worker.user.empty() && worker.user.size() <= user_bytes_max &&
           worker.worker_name.size() <= worker_name_bytes_max;
}

void write_worker(ByteWriter& writer, const WorkerRecord& worker) {
    writer.le32(worker.worker);
    writer.u8(static_cast<std::uint8_t>(worker.user_kind));
    writer.u8(static_cast<std::uint8_t>(worker.user.size()));
    writer.bytes(stratum::view_of(worker.user));
    writer.u8(static_cast<std::uint8_t>(worker.worker_name.size()));
    writer.bytes(stratum::view_of(worker.worker_name));
}

bool read_worker(ByteReader& reader, WorkerRecord& worker) {
    worker.worker = reader.le32();
    const auto user_kind = reader.u8();
    worker.user = read_text(reader);
    worker.worker_name = read_text(reader);
    if (user_kind > static_cast<std::uint8_t>(UserKind::name)) return false;
    worker.user_kind = static_cast<UserKind>(user_kind);
    return worker_fits(worker);
}

void write_block(ByteWriter& writer, const BlockRecord& block) {
    signed_le64(writer, block.found_at_us);
    writer.le64(block.job);
    writer.le32(block.worker);
    writer.le32(block.height);
    writer.le32(block.nbits);
    signed_le64(writer, block.coinbase_value_sats);
    signed_le64(writer, block.fees_sats);
    signed_le64(writer, block.job_issued_at_us);
    writer.bytes(block.hash.bytes);
    writer.bytes(block.previous.bytes);
}

bool read_block(ByteReader& reader, BlockRecord& block) {
    block.found_at_us = signed_le64(reader);
    block.job = reader.le64();
    block.worker = reader.le32();
    block.height = reader.le32();
    block.nbits = reader.le32();
    block.coinbase_value_sats = signed_le64(reader);
    block.fees_sats = signed_le64(reader);
    block.job_issued_at_us = signed_le64(reader);
    block.hash = read_hash(reader);
    block.previous = read_hash(reader);
    return true;
}

// False when the payload is not exactly one record of its kind.
template <typename Kind>
bool read_whole(ByteView payload, Record& out, bool (*read)(ByteReader&, Kind&)) {
    ByteReader reader(payload);
    auto& record = out.emplace<Kind>();
    return read(reader, record) && reader.ok() && reader.left() == 0;
}

bool read_record(RecordKind kind, ByteView payload, Record& out) {
    switch (kind) {
        case RecordKind::share:
            return read_whole<ShareRecord>(payload, out, read_share);
        case RecordKind::job:
            return read_whole<JobRecord>(payload, out, read_job);
        case RecordKind::worker:
            return read_whole<WorkerRecord>(payload, out, read_worker);
        case RecordKind::block:
            return read_whole<BlockRecord>(payload, out, read_block);
        case RecordKind::more:
            return false;
    }
    return false;
}

bool header_is_sane(const std::uint8_t* frame, bool head, std::size_t more) {
    const std::size_t payload_bytes = frame[6];
    const auto kind = frame[4];
    if (frame[5] != frame_format || payload_bytes > frame_payload_bytes_max || payload_bytes == 0)
        return false;
    if (head ? kind < 1 || kind > 4 : kind != static_cast<std::uint8_t>(RecordKind::more)) return false;
    if (frame[7] != more || (more > 0 && payload_bytes != frame_payload_bytes_max)) return false;
    return std::all_of(frame + frame_header_bytes + payload_bytes, frame + frame_bytes,
                       [](std::uint8_t byte) { return byte == 0; });
}

FrameFault fault_of(const std::uint8_t* frame, bool head, std::size_t more, std::uint64_t sequence) {
    if (!checksum_is_good(frame)) return FrameFault::bad_checksum;
    if (!header_is_sane(frame, head, more)) return FrameFault::bad_header;
    return sequence_of(frame) == sequence ? FrameFault::none : FrameFault::wrong_sequence;
}

}  // namespace

const char* name_of(FrameFault fault) {
    constexpr std::array names{"none", "bad_checksum", "bad_header", "wrong_sequence", "bad_record"};
    return names[static_cast<std::size_t>(fault)];
}

bool checksum_is_good(const std::uint8_t* frame) {
    return stratum::load_le32(frame) == crc32c({frame + 4, frame_bytes - 4});
}

void encode_share(const ShareRecord& share, std::uint64_t sequence, std::uint8_t* frame) {
    STRATUM_ENSURE(std::size_t{share.prefix_bytes} + share.rest_bytes <= share.extranonce.size());
    auto* out = frame + frame_header_bytes;
    stratum::store_le64(out, static_cast<std::uint64_t>(share.received_at_us));
    stratum::store_le64(out + 8, share.job);
    stratum::store_le32(out + 16, share.worker);
    stratum::store_le32(out + 20, share.ntime);
    stratum::store_le32(out + 24, share.nonce);
    stratum::store_le32(out + 28, share.version);
    out[32] = share.prefix_bytes;
    out[33] = share.rest_bytes;
    out[34] = static_cast<std::uint8_t>(share.flags);
    out[35] = static_cast<std::uint8_t>(share.flags >> 8);
    std::memcpy(out + 36, share.extranonce.data(), 32);
    for (std::size_t limb = 0; limb < 4; ++limb)
        stratum::store_le64(out + 68 + 8 * limb, share.target.limb(limb));
    std::memcpy(out + 100, share.hash.bytes.data(), 32);
    std::memset(out + share_payload_bytes, 0, frame_payload_bytes_max - share_payload_bytes);
    finish_frame(frame, RecordKind::share, share_payload_bytes, 0, sequence);
}

std::size_t encode(const Record& record, std::uint64_t first_sequence, Bytes& out) {
    if (const auto* share = std::get_if<ShareRecord>(&record)) {
        if (!share_is_sane(*share)) return 0;
        out.resize(out.size() + frame_bytes);
        encode_share(*share, first_sequence, out.data() + out.size() - frame_bytes);
        return 1;
    }
    Bytes payload;
    ByteWriter writer(payload);
    auto kind = RecordKind::block;
    if (const auto* job = std::get_if<JobRecord>(&record)) {
        if (!job_fits(*job)) return 0;
        kind = RecordKind::job;
        write_job(writer, *job);
    } else if (const auto* worker = std::get_if<WorkerRecord>(&record)) {
        if (!worker_fits(*worker)) return 0;
        kind = RecordKind::worker;
        write_worker(writer, *worker);
    } else {
        write_block(writer, std::get<BlockRecord>(record));
    }
    const auto frames = (payload.size() + frame_payload_bytes_max - 1) / frame_payload_bytes_max;
    if (frames > record_frames_max) return 0;
    const auto start = out.size();
    out.resize(start + frames * frame_bytes, 0);
    for (std::size_t i = 0; i < frames; ++i) {
        auto* frame = out.data() + start + i * frame_bytes;
        const auto from = i * frame_payload_bytes_max;
        const auto bytes = std::min(frame_payload_bytes_max, payload.size() - from);
        std::memcpy(frame + frame_header_bytes, payload.data() + from, bytes);
        finish_frame(frame, i == 0 ? kind : RecordKind::more, bytes, frames - 1 - i, first_sequence + i);
    }
    return frames;
}

Decoded decode(ByteView bytes, std::uint64_t sequence) {
    Decoded out;
    if (bytes.size() < frame_bytes) return out;
    const auto failed = [&out](FrameFault fault, std::size_t good_frames) {
        out.state = Decoded::State::fault;
        out.fault = fault;
        out.frames = good_frames;
        return out;
    };
    const auto* head = bytes.data();
    const std::size_t more = head[7];
    if (const auto fault = fault_of(head, true, more, sequence); fault != FrameFault::none)
        return failed(fault, 0);
    const auto kind = kind_of(head);
    if (more == 0) {
        if (!read_record(kind, bytes.subspan(frame_header_bytes, head[6]), out.record))
            return failed(FrameFault::bad_record, 0);
        out.state = Decoded::State::record;
        out.frames = 1;
        return out;
    }
    Bytes payload;
    payload.reserve((more + 1) * frame_payload_bytes_max);
    for (std::size_t i = 0; i <= more; ++i) {
        const auto* frame = head + i * frame_bytes;
        if (bytes.size() < (i + 1) * frame_bytes) {
            out.frames_needed = more + 1;
            return out;
        }
        const auto fault = i == 0 ? FrameFault::none : fault_of(frame, false, more - i, sequence + i);
        if (fault != FrameFault::none) return failed(fault, i);
        payload.insert(payload.end(), frame + frame_header_bytes, frame + frame_header_bytes + frame[6]);
    }
    if (!read_record(kind, payload, out.record)) return failed(FrameFault::bad_record, 0);
    out.state = Decoded::State::record;
    out.frames = more + 1;
    return out;
}

}  // namespace server::pool

#include "server/pool/journal_codec.h"

#include <chrono>

#include "tests/unit/server/pool/journal_world.h"

using namespace server::pool;
using stratum::Bytes;

namespace {

Bytes encoded(const Record& record, std::uint64_t sequence = 1000) {
    Bytes out;
    const auto frames = encode(record, sequence, out);
    REQUIRE(frames * frame_bytes == out.size());
    REQUIRE_FALSE(out.empty());
    return out;
}

// Gives the first frame a correct checksum again after a test changed it.
void seal(Bytes& bytes) { stratum::store_le32(bytes.data(), crc32c({bytes.data() + 4, frame_bytes - 4})); }

FrameFault fault_of(const Bytes& bytes, std::uint64_t sequence = 1000) {
    const auto decoded = decode(bytes, sequence);
    return decoded.state == Decoded::State::fault ? decoded.fault : FrameFault::none;
}

}  // namespace

TEST_CASE("CRC32C matches RFC 3720 by instruction and by table") {
    const Bytes zeros(32, 0);
    const Bytes ones(32, 0xff);
    Bytes rising;
    for (std::uint8_t i = 0; i < 32; ++i) rising.push_back(i);
    for (const auto& sum : {crc32c, crc32c_portable}) {
        CHECK(sum(zeros) == 0x8a9136aa);
        CHECK(sum(ones) == 0x62a8ab43);
        CHECK(sum(rising) == 0x46dd794e);
        CHECK(sum(stratum::view_of("123456789")) == 0xe3069283);
    }
    for (std::size_t size = 0; size < rising.size(); ++size)
        CHECK(crc32c({rising.data(), size}) == crc32c_portable({rising.data(), size}));
}

TEST_CASE("Every record survives encode, decode, encode") {
    auto longest = a_worker(UINT32_MAX);
    longest.user.assign(user_bytes_max, 'u');
    longest.worker_name.assign(worker_name_bytes_max, 'w');
    auto largest = a_job(UINT64_MAX, merkle_branches_max);
    // 82 fixed, 1 and 100 for the prefix, 3 for the suffix's size, 1 and 32 x 32 for the branches.
    largest.coinbase_suffix.assign(record_payload_bytes_max - 82 - 101 - 3 - 1025, 3);
    const std::vector<Record> records{a_share(5), a_job(), a_job(8, 0), a_worker(),
                                      a_block(),  longest, largest,     JobRecord{}};
    for (const auto& record : records) {
        const auto bytes = encoded(record);
        const auto decoded = decode(bytes, 1000);
        REQUIRE(decoded.state == Decoded::State::record);
        CHECK(decoded.frames * frame_bytes == bytes.size());
        CHECK(decoded.record.index() == record.index());
        CHECK(encoded(decoded.record) == bytes);
    }
    CHECK(encoded(largest).size() == record_frames_max * frame_bytes);
}

TEST_CASE("A share keeps every field") {
    const auto decoded = decode(encoded(a_share(77)), 1000);
    const auto& share = std::get<ShareRecord>(decoded.record);
    const auto expected = a_share(77);
    CHECK(share.received_at_us == expected.received_at_us);
    CHECK(share.job == expected.job);
    CHECK(share.worker == expected.worker);
    CHECK(share.ntime == expected.ntime);
    CHECK(share.nonce == 77);
    CHECK(share.version == expected.version);
    CHECK(share.prefix_bytes == 4);
    CHECK(share.rest_bytes == 8);
    CHECK(share.flags == share_flag_block);
    CHECK(share.extranonce == expected.extranonce);
    CHECK(share.target == expected.target);
    CHECK(share.hash == expected.hash);
}

TEST_CASE("A record over its limits is refused and leaves nothing behind") {
    auto no_user = a_worker();
    no_user.user.clear();
    auto long_user = a_worker();
    long_user.user.assign(user_bytes_max + 1, 'u');
    auto long_name = a_worker();
    long_name.worker_name.assign(worker_name_bytes_max + 1, 'w');
    auto large_job = a_job();
    large_job.coinbase_suffix.assign(record_payload_bytes_max, 0);
    auto share = a_share(1);
    share.rest_bytes = 29;
    auto unclean = a_share(1);
    unclean.extranonce[12] = 1;
    const std::vector<Record> records{
        no_user,   long_user, long_name, a_worker(0), a_job(1, merkle_branches_max + 1),
        large_job, share,     unclean};
    for (const auto& record : records) {
        Bytes out;
        CHECK(encode(record, 1, out) == 0);
        CHECK(out.empty());
    }
}

TEST_CASE("Each flipped bit of a share and of a long job is noticed") {
    for (const auto& record : {Record{a_share(3)}, Record{a_job()}}) {
        auto bytes = encoded(record);
        std::size_t missed = 0;
        for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
            bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ 1U << bit % 8);
            if (decode(bytes, 1000).state == Decoded::State::record) ++missed;
            bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ 1U << bit % 8);
        }
        CHECK(missed == 0);
    }
}

TEST_CASE("A frame with a good checksum and a wrong header is refused") {
    const auto base = encoded(a_share(3));
    const auto with = [&base](std::size_t offset, std::uint8_t value) {
        auto bytes = base;
        bytes[offset] = value;
        seal(bytes);
        return bytes;
    };
    CHECK(fault_of(with(4, 0)) == FrameFault::bad_header);
    CHECK(fault_of(with(4, 6)) == FrameFault::bad_header);
    CHECK(fault_of(with(4, 5)) == FrameFault::bad_header);  // `more` cannot stand first
    CHECK(fault_of(with(5, 2)) == FrameFault::bad_header);
    CHECK(fault_of(with(6, 0)) == FrameFault::bad_header);
    CHECK(fault_of(with(6, 177)) == FrameFault::bad_header);
    CHECK(fault_of(with(7, 1)) == FrameFault::bad_header);    // more follows, but this frame is not full
    CHECK(fault_of(with(191, 1)) == FrameFault::bad_header);  // something behind the payload
    CHECK(fault_of(with(6, 133)) == FrameFault::bad_record);
    CHECK(fault_of(with(4, 4)) == FrameFault::bad_record);
    CHECK(fault_of(with(16 + 32, 255)) == FrameFault::bad_record);  // prefix_bytes
    CHECK(fault_of(base, 999) == FrameFault::wrong_sequence);
}

TEST_CASE("A long record is only taken with all its frames, in order") {
    const auto whole = encoded(a_job());
    const auto frames = whole.size() / frame_bytes;
    REQUIRE(frames > 3);
    for (std::size_t size = 0; size < whole.size(); size += 48) {
        const auto decoded = decode({whole.data(), size}, 1000);
        CHECK(decoded.state == Decoded::State::incomplete);
        CHECK(decoded.frames_needed == (size < frame_bytes ? 1 : frames));
    }
    auto swapped = whole;
    std::swap_ranges(swapped.begin() + 192, swapped.begin() + 384, swapped.begin() + 384);
    const auto decoded = decode(swapped, 1000);
    CHECK(decoded.state == Decoded::State::fault);
    CHECK(decoded.frames == 1);
}

TEST_CASE("Sizes inside a job that lie are refused") {
    auto bytes = encoded(a_job(7, 0));
    bytes[16 + 82] = 0xff;  // the coinbase prefix claims 2^60 bytes or so
    seal(bytes);
    bytes.resize(frame_bytes);
    bytes[7] = 0;
    seal(bytes);
    CHECK(fault_of(bytes) == FrameFault::bad_record);
}

TEST_CASE("Encoding a share costs far less than its system call", "[.bench]") {
    Bytes frame(frame_bytes);
    const auto began = std::chrono::steady_clock::now();
    constexpr std::uint32_t rounds = 1'000'000;
    const auto share = a_share(1);
    for (std::uint32_t i = 0; i < rounds; ++i) encode_share(share, i, frame.data());
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
    WARN("encode_share with CRC: " << took.count() / rounds << " ns");
}

// Whatever a journal file holds: decoding neither crashes nor takes what encode would not have written.
// Checksums are made good first, or the fuzzer would never get past them.

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "server/pool/journal_codec.h"

namespace {

using namespace server::pool;

void require(bool condition) {
    if (!condition) std::abort();
}

void walk(stratum::ByteView bytes, std::uint64_t sequence) {
    while (true) {
        const auto decoded = decode(bytes, sequence);
        if (decoded.state != Decoded::State::record) return;
        require(decoded.frames >= 1 && decoded.frames * frame_bytes <= bytes.size());
        stratum::Bytes again;
        require(encode(decoded.record, sequence, again) == decoded.frames);
        require(std::equal(again.begin(), again.end(), bytes.begin()));
        bytes = bytes.subspan(decoded.frames * frame_bytes);
        sequence += decoded.frames;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    walk({data, size}, 1);
    std::vector<std::uint8_t> sealed(data, data + size);
    for (std::size_t at = 0; at + frame_bytes <= sealed.size(); at += frame_bytes) {
        sealed[at + 5] = frame_format;
        stratum::store_le64(sealed.data() + at + 8, 1 + at / frame_bytes);
        stratum::store_le32(sealed.data() + at, crc32c({sealed.data() + at + 4, frame_bytes - 4}));
    }
    walk(sealed, 1);
    return 0;
}

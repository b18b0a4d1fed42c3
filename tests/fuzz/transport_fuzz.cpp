// Random bytes on the wire and random pieces. The input's first byte says what the wire carries: raw bytes
// (even), or true frames made from the rest (odd); its bytes also say how long the pieces are.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "stratum/v2/transport.h"

namespace {

using namespace stratum;
using namespace stratum::v2;

constexpr std::size_t accepted_bytes_max = 1024;

void require(bool condition) {
    if (!condition) std::abort();
}

struct Frame {
    FrameHeader header;
    Bytes payload;
};

// Four bytes of input a frame: extension, type, length and the payload's filling.
std::vector<Frame> frames_of(ByteView input) {
    std::vector<Frame> out;
    for (; input.size() >= 4; input = input.subspan(4)) {
        const std::size_t bytes = input[2] * 5U;  // above and below the limit
        FrameHeader header{input[0], (input[0] & 1) != 0, input[1], static_cast<std::uint32_t>(bytes)};
        out.push_back({header, Bytes(bytes, input[3])});
    }
    return out;
}

// Feeds the wire in pieces as long as the input's bytes say; hands each frame to `on_frame`.
template <class OnFrame>
Read feed(Transport& receiver, ByteView wire, ByteView pieces, const OnFrame& on_frame) {
    for (std::size_t i = 0; !wire.empty(); ++i) {
        const std::size_t wanted = pieces.empty() ? wire.size() : pieces[i % pieces.size()] + std::size_t{1};
        auto part = wire.first(std::min(wanted, wire.size()));
        wire = wire.subspan(part.size());
        auto read = receiver.read(part, accepted_bytes_max);
        for (; read == Read::frame; read = receiver.read(part, accepted_bytes_max)) on_frame();
        if (read != Read::incomplete) {
            ByteView more = wire;
            require(receiver.read(more, accepted_bytes_max) == read && more.size() == wire.size());
            return read;
        }
        require(part.empty());
    }
    return Read::incomplete;
}

void check_raw(ByteView input) {
    Transport receiver({});
    const auto read = feed(receiver, input, input, [] { std::abort(); });
    require(read == (input.size() >= sealed_header_bytes ? Read::bad_tag : Read::incomplete));
}

void check_frames(ByteView input) {
    Transport sender({});
    Transport receiver({});
    const auto frames = frames_of(input);
    std::string wire;
    for (const auto& frame : frames) sender.write(frame.header, frame.payload, wire);
    std::size_t count = 0;
    const auto read = feed(receiver, view_of(wire), input, [&] {
        require(receiver.header() == frames[count].header);
        require(std::equal(receiver.payload().begin(), receiver.payload().end(),
                           frames[count].payload.begin(), frames[count].payload.end()));
        ++count;
    });
    const auto large = std::find_if(frames.begin(), frames.end(), [](const Frame& frame) {
        return frame.payload.size() > accepted_bytes_max;
    });
    require(read == (large == frames.end() ? Read::incomplete : Read::too_large));
    require(count == static_cast<std::size_t>(large - frames.begin()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ByteView input{data + 1, size - 1};
    if (data[0] % 2 == 0)
        check_raw(input);
    else
        check_frames(input);
    return 0;
}

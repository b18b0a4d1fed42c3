#include "stratum/v2/frame.h"

#include "stratum/bytes.h"

namespace stratum::v2 {
namespace {

constexpr std::uint8_t channel_bit = 0x80;  // of the second byte: the highest bit of the extension field

}  // namespace

std::array<std::uint8_t, 6> encode(const FrameHeader& header) {
    STRATUM_ENSURE(header.extension <= extension_max && header.payload_bytes <= payload_bytes_max);
    const auto high = static_cast<std::uint8_t>(header.extension >> 8);
    return {static_cast<std::uint8_t>(header.extension),
            static_cast<std::uint8_t>(header.channel_message ? high | channel_bit : high),
            header.type,
            static_cast<std::uint8_t>(header.payload_bytes),
            static_cast<std::uint8_t>(header.payload_bytes >> 8),
            static_cast<std::uint8_t>(header.payload_bytes >> 16)};
}

FrameHeader parse_frame_header(std::span<const std::uint8_t, 6> bytes) {
    FrameHeader header;
    header.extension = static_cast<std::uint16_t>(bytes[0] | (bytes[1] & ~channel_bit) << 8);
    header.channel_message = (bytes[1] & channel_bit) != 0;
    header.type = bytes[2];
    header.payload_bytes = static_cast<std::uint32_t>(bytes[3] | bytes[4] << 8 | bytes[5] << 16);
    return header;
}

}  // namespace stratum::v2

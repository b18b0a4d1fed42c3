#include "stratum/v2/frame.h"

namespace stratum::v2 {
namespace {

constexpr std::uint16_t channel_bit = 0x8000;

}  // namespace

std::array<std::uint8_t, frame_header_bytes> encode(const FrameHeader& header) {
    const auto extension = static_cast<std::uint16_t>((header.extension & ~channel_bit) |
                                                      (header.channel_message ? channel_bit : 0));
    return {static_cast<std::uint8_t>(extension),
            static_cast<std::uint8_t>(extension >> 8),
            header.type,
            static_cast<std::uint8_t>(header.payload_bytes),
            static_cast<std::uint8_t>(header.payload_bytes >> 8),
            static_cast<std::uint8_t>(header.payload_bytes >> 16)};
}

FrameHeader parse_frame_header(std::span<const std::uint8_t, frame_header_bytes> bytes) {
    const auto extension = static_cast<std::uint16_t>(bytes[0] | bytes[1] << 8);
    return {.extension = static_cast<std::uint16_t>(extension & ~channel_bit),
            .channel_message = (extension & channel_bit) != 0,
            .type = bytes[2],
            .payload_bytes = static_cast<std::uint32_t>(bytes[3] | bytes[4] << 8 | bytes[5] << 16)};
}

}  // namespace stratum::v2

#pragma once
// The six plain bytes in front of every Stratum V2 message. Pure; any thread. SV2 chapter 3.2.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace stratum::v2 {

struct FrameHeader {
    std::uint16_t extension = 0;  // 15 bits; 0 is the core protocol
    bool channel_message = false;
    std::uint8_t type = 0;
    std::uint32_t payload_bytes = 0;  // 24 bits; plain bytes, the header not counted

    bool operator==(const FrameHeader&) const = default;
};

inline constexpr std::size_t frame_header_bytes = 6;
inline constexpr std::uint32_t frame_payload_bytes_max = 0xffffff;

std::array<std::uint8_t, frame_header_bytes> encode(const FrameHeader& header);
// Every six bytes are a header.
FrameHeader parse_frame_header(std::span<const std::uint8_t, frame_header_bytes> bytes);

}  // namespace stratum::v2

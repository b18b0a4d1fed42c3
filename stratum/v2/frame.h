#pragma once
// The six bytes in front of every Stratum V2 message, in plain form (specification chapter 3, "Framing").
// The transport encrypts them; sessions choose the message by (extension, type). Pure; any thread.
// Every six bytes are a header: parsing cannot fail. The channel bit is told, not judged, because the
// specification moved it on several messages and older peers send the old value.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace stratum::v2 {

struct FrameHeader {
    std::uint16_t extension = 0;  // 15 bits
    bool channel_message = false;
    std::uint8_t type = 0;
    std::uint32_t payload_bytes = 0;  // 24 bits
    friend bool operator==(const FrameHeader&, const FrameHeader&) = default;
};
inline constexpr std::size_t frame_header_bytes = 6;
inline constexpr std::uint16_t extension_max = 0x7fff;
inline constexpr std::uint32_t payload_bytes_max = 0xffffff;  // what 24 bits can say

// A field above its maximum is a programming error.
std::array<std::uint8_t, 6> encode(const FrameHeader& header);
FrameHeader parse_frame_header(std::span<const std::uint8_t, 6> bytes);

}  // namespace stratum::v2

#pragma once
// Encrypted frames after the handshake, both directions of one connection. Pure; one thread at a time. An
// idle connection costs this object only: a buffer exists from a frame's first byte to the read after its
// last. SV2 chapter 4.6.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "stratum/bytes.h"
#include "stratum/v2/frame.h"
#include "stratum/v2/noise.h"

namespace stratum::v2 {

inline constexpr std::size_t sealed_header_bytes = 22;
inline constexpr std::size_t slice_bytes_max = 65519;  // plain; 65535 with its tag

// Bytes on the wire of a payload, its header not counted.
std::size_t sealed_payload_bytes(std::size_t payload_bytes);

enum class Read : std::uint8_t { incomplete, frame, bad_tag, too_large };

class Transport {
  public:
    explicit Transport(const TransportKeys& keys) : keys_(keys) {}
    // Not copied: two copies would seal under the same counters.
    Transport(Transport&&) = default;
    Transport& operator=(Transport&&) = default;

    // Takes from the front of `wire` at most one frame. incomplete: took all, and keeps a frame's beginning.
    // bad_tag and too_large (by the decrypted header, before any payload is kept) are final: close the
    // connection. Read until it says incomplete: this gives the buffer back.
    Read read(ByteView& wire, std::size_t accepted_bytes_max);
    // The last frame; valid until the next read().
    [[nodiscard]] const FrameHeader& header() const { return header_; }
    [[nodiscard]] ByteView payload() const { return {buffer_.data(), plain_bytes_}; }

    // Encrypts a frame and appends it to `out`. header.payload_bytes is taken from the payload, which has at
    // most payload_bytes_max.
    void write(const FrameHeader& header, ByteView payload, std::string& out);

  private:
    enum class State : std::uint8_t { header, payload, frame, bad_tag, too_large };

    bool gather(ByteView& wire, std::size_t sealed_bytes);
    bool open_gathered();
    Read incomplete();
    Read fail(State state);

    TransportKeys keys_;
    std::uint64_t receive_counter_ = 0;
    std::uint64_t send_counter_ = 0;
    FrameHeader header_;
    State state_ = State::header;
    std::size_t plain_bytes_ = 0;  // at the front of buffer_: payload so far
    Bytes buffer_;                 // then the sealed bytes of the record under way
};

}  // namespace stratum::v2

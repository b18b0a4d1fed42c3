#pragma once
// Which protocol a client speaks, told from its first bytes, on ports that take several. Pure; any thread.
//
// Act 1 of Stratum V2 is 64 bytes that look random, so each other protocol is known by a pattern that they
// hardly ever make; what is no pattern is V2 once 64 bytes are there. The odds that act 1 is taken for
//   V1:   '{', at most one blank, '"', 16 bytes of text in all. Text is 98 of 256 values (95 letters, tab,
//         CR, LF):  2^-8 * (1/256 + 4/256 * 1/256) * (98/256)^14  <  2^-8 * 2^-7.9 * 2^-19.3  <  2^-35
//   HTTP: one of three words and a blank, 4 bytes or 5, 16 of text:  < 2 * 2^-32 * (98/256)^11  <  2^-46
//   TLS:  a ClientHello's fixed bytes: type, version (3, 0 to 4), length to 2^14 (65 of 256), hello, length
//         below 2^16, version (3, 0 to 3):  2^-16 * 5/256 * 65/256 * 2^-8 * 2^-8 * 2^-8 * 4/256  <  2^-53
// together below 2^-34: one handshake in seventeen thousand million, and that client simply tries again.
// No line of V1 that means something is shorter than 16 bytes, so a V1 client is never kept waiting; who says
// less, or something that fits nothing yet, is closed by the port's deadline.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace server::pool {

enum class FirstBytes : std::uint8_t { undecided, v1, http, tls, v2 };

inline constexpr std::size_t first_bytes_max = 64;  // with so many it is decided

// `start`: all bytes since the connection began, or since the PROXY header.
[[nodiscard]] FirstBytes read_first_bytes(std::string_view start);

}  // namespace server::pool

#pragma once
// What every message struct of messages_*.h has, and the functions over all of them. Called by the sessions
// of mining, job declaration and template distribution, and by test clients. Pure; any thread.
// A message lists its fields once, in wire order (`fields`); reading and writing walk the same list, so they
// cannot differ. Texts, byte strings and hashes of a parsed message are views into the payload.

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "stratum/v2/frame.h"
#include "stratum/v2/wire.h"

namespace stratum::v2 {

template <class M>
concept Message = std::default_initializable<M> && requires {
    { M::name } -> std::convertible_to<std::string_view>;  // as the specification spells it
    { M::extension } -> std::convertible_to<std::uint16_t>;
    { M::type } -> std::convertible_to<std::uint8_t>;
    { M::channel_message } -> std::convertible_to<bool>;
};

// Reads `out` from a payload. After an error the fields before the bad one are filled, so that an answer can
// name a request or a channel. Bytes behind the last field belong to extensions (tlv.h): SubmitSharesExtended
// keeps a view of them, every other message ignores them.
template <Message M>
[[nodiscard]] boost::system::result<void, WireError> parse(ByteView payload, M& out) {
    Reader reader(payload);
    M::fields(out, reader);
    if (reader.error()) return *reader.error();
    return {};
}

// Appends the payload only. A field longer than its type is a programming error.
template <Message M>
void append(const M& message, std::string& payload) {
    Writer writer(payload);
    M::fields(message, writer);
}

template <Message M>
constexpr FrameHeader header_of(std::size_t payload_bytes) {
    return {M::extension, M::channel_message, M::type, static_cast<std::uint32_t>(payload_bytes)};
}

// Appends header and payload, unencrypted.
template <Message M>
void append_frame(const M& message, std::string& out) {
    const auto start = out.size();
    out.append(frame_header_bytes, '\0');
    append(message, out);
    const auto header = encode(header_of<M>(out.size() - start - frame_header_bytes));
    out.replace(start, header.size(), reinterpret_cast<const char*>(header.data()), header.size());
}

template <class M>
constexpr bool is(const FrameHeader& header) {
    return header.extension == M::extension && header.type == M::type;
}

}  // namespace stratum::v2

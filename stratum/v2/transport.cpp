#include "stratum/v2/transport.h"

#include <algorithm>

#include "stratum/v2/aead.h"

namespace stratum::v2 {
namespace {

constexpr std::size_t sealed_slice_bytes_max = slice_bytes_max + aead_tag_bytes;
constexpr std::size_t first_buffer_bytes = 256;  // holds a share; larger frames grow it
static_assert(sealed_header_bytes == frame_header_bytes + aead_tag_bytes);

}  // namespace

std::size_t sealed_payload_bytes(std::size_t payload_bytes) {
    const auto rest = payload_bytes % slice_bytes_max;
    return payload_bytes / slice_bytes_max * sealed_slice_bytes_max + (rest == 0 ? 0 : rest + aead_tag_bytes);
}

Read Transport::read(ByteView& wire, std::size_t accepted_bytes_max) {
    if (state_ == State::bad_tag || state_ == State::too_large) return fail(state_);
    if (state_ == State::frame) {
        state_ = State::header;
        plain_bytes_ = 0;
        buffer_.clear();
    }
    if (state_ == State::header) {
        if (!gather(wire, sealed_header_bytes)) return incomplete();
        if (!open_gathered()) return fail(State::bad_tag);
        header_ = parse_frame_header(std::span<const std::uint8_t, frame_header_bytes>{buffer_});
        plain_bytes_ = 0;
        buffer_.clear();
        if (header_.payload_bytes > accepted_bytes_max) return fail(State::too_large);
        state_ = State::payload;
    }
    while (plain_bytes_ < header_.payload_bytes) {
        const auto slice_bytes = std::min(slice_bytes_max, header_.payload_bytes - plain_bytes_);
        if (!gather(wire, slice_bytes + aead_tag_bytes)) return incomplete();
        if (!open_gathered()) return fail(State::bad_tag);
    }
    state_ = State::frame;
    return Read::frame;
}

// Moves bytes of the record under way from `wire` behind the plain ones; true when it is whole. The buffer
// grows with what has come, not with what a header announces.
bool Transport::gather(ByteView& wire, std::size_t sealed_bytes) {
    const auto missing = plain_bytes_ + sealed_bytes - buffer_.size();
    const auto taken = std::min(missing, wire.size());
    if (taken == 0) return false;
    if (buffer_.capacity() == 0) buffer_.reserve(first_buffer_bytes);
    buffer_.insert(buffer_.end(), wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(taken));
    wire = wire.subspan(taken);
    return taken == missing;
}

bool Transport::open_gathered() {
    const auto sealed = std::span{buffer_}.subspan(plain_bytes_);
    const auto plain = sealed.first(sealed.size() - aead_tag_bytes);
    if (!open({keys_.receive, receive_counter_}, sealed, plain)) return false;
    ++receive_counter_;  // 2^64 records take longer than the machine lasts
    buffer_.resize(buffer_.size() - aead_tag_bytes);
    plain_bytes_ = buffer_.size();
    return true;
}

Read Transport::incomplete() {
    if (buffer_.empty()) Bytes{}.swap(buffer_);
    return Read::incomplete;
}

Read Transport::fail(State state) {
    state_ = state;
    plain_bytes_ = 0;
    Bytes{}.swap(buffer_);
    return state == State::bad_tag ? Read::bad_tag : Read::too_large;
}

void Transport::write(const FrameHeader& header, ByteView payload, std::string& out) {
    STRATUM_ENSURE(payload.size() <= payload_bytes_max);
    auto sized = header;
    sized.payload_bytes = static_cast<std::uint32_t>(payload.size());
    const auto before = out.size();
    out.resize(before + sealed_header_bytes + sealed_payload_bytes(payload.size()));
    auto sealed = std::span{reinterpret_cast<std::uint8_t*>(out.data()), out.size()}.subspan(before);
    const auto append = [&](ByteView plain) {
        seal({keys_.send, send_counter_++}, plain, sealed.first(plain.size() + aead_tag_bytes));
        sealed = sealed.subspan(plain.size() + aead_tag_bytes);
    };
    append(encode(sized));
    for (; !payload.empty(); payload = payload.subspan(std::min(payload.size(), slice_bytes_max)))
        append(payload.first(std::min(payload.size(), slice_bytes_max)));
}

}  // namespace stratum::v2

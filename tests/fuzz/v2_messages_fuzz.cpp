// A frame of Stratum V2: six bytes of header, then the payload of whatever message the header names. What
// parses is written and read again to the same bytes, its views stay inside the payload, and what follows a
// share is read as extension fields.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "stratum/v2/tlv.h"
#include "tests/unit/stratum/v2/messages/message_lists.h"

namespace {

using namespace stratum;
using namespace stratum::v2;

void require(bool condition) {
    if (!condition) std::abort();
}

// Walks a message's fields: everything it points to lies within the payload.
class InsideCheck {
  public:
    explicit InsideCheck(ByteView payload) : payload_(payload) {}
    void u8(const auto&) {}
    void u16(const auto&) {}
    void u32(const auto&) {}
    void u64(const auto&) {}
    void u256(const auto&) {}
    void boolean(const auto&) {}
    void option(const auto&) {}
    void hash_rate(float rate) { require(rate >= 0 && rate - rate == 0); }
    void str0_255(std::string_view text) { inside(view_of(text)); }
    void b0_255(ByteView bytes) { inside(bytes); }
    void b0_64k(ByteView bytes) { inside(bytes); }
    void rest(ByteView bytes) { inside(bytes); }
    void b0_32(ByteView bytes) {
        require(bytes.size() <= 32);
        inside(bytes);
    }
    void seq0_255(std::span<const Hash256> hashes) { inside(std::as_bytes(hashes)); }
    void seq0_64k(std::span<const Hash256> hashes) { inside(std::as_bytes(hashes)); }
    void seq0_64k(const std::vector<std::uint16_t>& items) { require(items.size() * 2 <= payload_.size()); }
    void seq0_64k(const std::vector<std::uint32_t>& items) { require(items.size() * 4 <= payload_.size()); }
    void seq0_64k_b0_16m(const std::vector<ByteView>& items) {
        for (const auto item : items) inside(item);
    }

  private:
    void inside(auto bytes) {
        if (bytes.empty()) return;
        const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
        const auto* begin = payload_.data();
        require(std::greater_equal<>()(first, begin));
        require(std::less_equal<>()(first + bytes.size(), begin + payload_.size()));
    }

    ByteView payload_;
};

void check_extension_area(ByteView area) {
    const auto name = worker_identity(area);
    if (!name || !*name) return;
    require((*name)->size() <= worker_identity_bytes_max);
    std::string written;
    append_worker_identity(written, **name);
    const auto again = worker_identity(view_of(written));
    require(again && *again == *name);
}

template <Message M>
void check(ByteView payload) {
    M message;
    if (!parse(payload, message)) return;
    InsideCheck inside(payload);
    M::fields(message, inside);
    std::string once;
    append(message, once);
    require(once.size() <= payload.size());
    M again;
    require(parse(view_of(once), again).has_value());
    std::string twice;
    append(again, twice);
    require(once == twice);
    if constexpr (std::is_same_v<M, SubmitSharesExtended>) check_extension_area(message.extension_area);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < frame_header_bytes) return 0;
    const auto frame = ByteView(data, size);
    const auto header = parse_frame_header(frame.first<frame_header_bytes>());
    require(std::ranges::equal(encode(header), frame.first(frame_header_bytes)));
    // A copy of its own, so that a sanitizer sees the first byte outside. The header's length is not obeyed.
    const std::vector<std::uint8_t> payload(data + frame_header_bytes, data + size);
    AllMessages::of(header.extension, header.type,
                    [&](auto message) { check<decltype(message)>(payload); });
    return 0;
}

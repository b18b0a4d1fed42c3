#include "stratum/v2/tlv.h"

#include "stratum/v2/messages_common.h"
#include "stratum/v2/wire.h"

namespace stratum::v2 {
namespace {

constexpr std::size_t tlv_header_bytes = 5;

std::size_t length_of_sequence(std::uint8_t first) {
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return 2;
    if ((first & 0xf0) == 0xe0) return 3;
    if (first >= 0xf0 && first <= 0xf4) return 4;
    return 0;
}

// RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF.
bool is_utf8(ByteView text) {
    while (!text.empty()) {
        const auto length = length_of_sequence(text[0]);
        if (length == 0 || length > text.size()) return false;
        for (std::size_t i = 1; i < length; ++i)
            if ((text[i] & 0xc0) != 0x80) return false;
        if (text[0] == 0xe0 && text[1] < 0xa0) return false;
        if (text[0] == 0xed && text[1] >= 0xa0) return false;
        if (text[0] == 0xf0 && text[1] < 0x90) return false;
        if (text[0] == 0xf4 && text[1] >= 0x90) return false;
        text = text.subspan(length);
    }
    return true;
}

bool fills(ByteView area, TlvReader::Order order) {
    TlvReader fields(area, order);
    while (fields.next()) {
    }
    return fields.left().empty();
}

}  // namespace

std::optional<TlvField> TlvReader::next() {
    if (left_.size() < tlv_header_bytes) return std::nullopt;
    const auto u16 = [this](std::size_t at) {
        const std::size_t high = order_ == Order::big_endian ? at : at + 1;
        const std::size_t low = order_ == Order::big_endian ? at + 1 : at;
        return static_cast<std::uint16_t>(left_[high] << 8 | left_[low]);
    };
    const std::size_t length = u16(3);
    if (length > left_.size() - tlv_header_bytes) return std::nullopt;
    const TlvField field{u16(0), left_[2], left_.subspan(tlv_header_bytes, length)};
    left_ = left_.subspan(tlv_header_bytes + length);
    return field;
}

std::optional<TlvReader::Order> order_of_tlvs(ByteView area) {
    using enum TlvReader::Order;
    if (fills(area, little_endian)) return little_endian;
    if (fills(area, big_endian)) return big_endian;
    return std::nullopt;
}

void append_tlv(std::string& out, const TlvField& field) {
    Writer writer(out);
    writer.u16(field.extension);
    writer.u8(field.field);
    writer.b0_64k(field.value);
}

std::string_view explain(WorkerIdentityError error) {
    switch (error) {
        case WorkerIdentityError::not_tlv: return "the bytes after the share are no extension fields";
        case WorkerIdentityError::too_long: return "the worker name of a share is longer than 32 bytes";
        case WorkerIdentityError::not_utf8: return "the worker name of a share is not UTF-8";
        case WorkerIdentityError::twice: return "a share names two workers";
    }
    return "";
}

boost::system::result<std::optional<std::string_view>, WorkerIdentityError> worker_identity(ByteView area) {
    const auto order = order_of_tlvs(area);
    if (!order) return WorkerIdentityError::not_tlv;
    std::optional<std::string_view> name;
    TlvReader fields(area, *order);
    while (const auto field = fields.next()) {
        if (field->extension != extension_worker_identity || field->field != worker_identity_field) continue;
        if (name) return WorkerIdentityError::twice;
        if (field->value.size() > worker_identity_bytes_max) return WorkerIdentityError::too_long;
        if (!is_utf8(field->value)) return WorkerIdentityError::not_utf8;
        name = std::string_view{reinterpret_cast<const char*>(field->value.data()), field->value.size()};
    }
    return name;
}

void append_worker_identity(std::string& out, std::string_view name) {
    STRATUM_ENSURE(name.size() <= worker_identity_bytes_max);
    append_tlv(out, {extension_worker_identity, worker_identity_field, view_of(name)});
}

}  // namespace stratum::v2

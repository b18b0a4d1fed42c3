#pragma once
// The area behind the last field of a message: type, length and value fields of negotiated extensions
// (specification chapter 3.4.2), and the one field there is, the worker identity of a share (extension
// 0x0002). Called by the mining session for SubmitSharesExtended once the extension is negotiated. Pure; any
// thread. The specification prints its numbers big-endian, the reference code writes them little-endian. Ours
// are little-endian; an area that does not read exactly that way is tried big-endian.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "stratum/bytes.h"

namespace stratum::v2 {

struct TlvField {
    std::uint16_t extension = 0;
    std::uint8_t field = 0;
    ByteView value;
};

// Walks an area front to back. Views point into it.
class TlvReader {
  public:
    enum class Order { little_endian, big_endian };
    TlvReader(ByteView area, Order order) : left_(area), order_(order) {}
    // nullopt at the end, and at a field that reaches beyond it: left() then tells which.
    [[nodiscard]] std::optional<TlvField> next();
    [[nodiscard]] ByteView left() const { return left_; }

  private:
    ByteView left_;
    Order order_;
};
// The order in which the fields fill the area exactly; nullopt: in neither.
[[nodiscard]] std::optional<TlvReader::Order> order_of_tlvs(ByteView area);

// The value's length is 16 bits; a longer value is a programming error.
void append_tlv(std::string& out, const TlvField& field);

inline constexpr std::uint8_t worker_identity_field = 1;
inline constexpr std::size_t worker_identity_bytes_max = 32;

enum class WorkerIdentityError : std::uint8_t {
    not_tlv,  // the area reads in neither order
    too_long,
    not_utf8,
    twice,
};
std::string_view explain(WorkerIdentityError error);

// The worker name of a share: nullopt when the area has none. On an error the message is refused.
[[nodiscard]] boost::system::result<std::optional<std::string_view>, WorkerIdentityError> worker_identity(
    ByteView area);
// At most worker_identity_bytes_max bytes.
void append_worker_identity(std::string& out, std::string_view name);

}  // namespace stratum::v2

#pragma once
// Addresses of peers and ranges of them. Pure.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr_storage;

namespace server::pool {

// IPv4 stands in its IPv6-mapped form, so one type serves both.
struct IpAddress {
    std::array<std::uint8_t, 16> bytes{};
    auto operator<=>(const IpAddress&) const = default;
    [[nodiscard]] bool is_v4() const;
    [[nodiscard]] std::string text() const;
    // What a limit counts as one peer: the address for IPv4, its /64 for IPv6.
    [[nodiscard]] IpAddress peer() const;
};

[[nodiscard]] std::optional<IpAddress> parse_ip(std::string_view text);
IpAddress ip_of(const sockaddr_storage& address);

class IpRange {
  public:
    // "10.0.0.0/8", "2001:db8::/32" or a single address.
    [[nodiscard]] static std::optional<IpRange> parse(std::string_view text);
    [[nodiscard]] bool contains(const IpAddress& address) const;

  private:
    IpAddress base_;
    unsigned bits_ = 128;  // of the 128-bit form
};

}  // namespace server::pool

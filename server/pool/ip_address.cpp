#include "server/pool/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace server::pool {
namespace {
constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
}

bool IpAddress::is_v4() const {
    return std::equal(mapped_prefix.begin(), mapped_prefix.end(), bytes.begin());
}

std::string IpAddress::text() const {
    std::array<char, INET6_ADDRSTRLEN> out;
    const auto* ok = is_v4() ? inet_ntop(AF_INET, bytes.data() + 12, out.data(), out.size())
                             : inet_ntop(AF_INET6, bytes.data(), out.data(), out.size());
    return ok == nullptr ? std::string() : std::string(out.data());
}

IpAddress IpAddress::peer() const {
    IpAddress out = *this;
    if (!is_v4()) std::fill(out.bytes.begin() + 8, out.bytes.end(), std::uint8_t{0});
    return out;
}

std::optional<IpAddress> parse_ip(std::string_view text) {
    IpAddress out;
    const std::string terminated(text);
    if (inet_pton(AF_INET6, terminated.c_str(), out.bytes.data()) == 1) return out;
    std::copy(mapped_prefix.begin(), mapped_prefix.end(), out.bytes.begin());
    if (inet_pton(AF_INET, terminated.c_str(), out.bytes.data() + 12) == 1) return out;
    return std::nullopt;
}

IpAddress ip_of(const sockaddr_storage& address) {
    IpAddress out;
    if (address.ss_family == AF_INET6) {
        sockaddr_in6 v6;
        std::memcpy(&v6, &address, sizeof v6);
        std::memcpy(out.bytes.data(), &v6.sin6_addr, 16);
    } else if (address.ss_family == AF_INET) {
        sockaddr_in v4;
        std::memcpy(&v4, &address, sizeof v4);
        std::copy(mapped_prefix.begin(), mapped_prefix.end(), out.bytes.begin());
        std::memcpy(out.bytes.data() + 12, &v4.sin_addr, 4);
    }
    return out;
}

std::optional<IpRange> IpRange::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = parse_ip(text.substr(0, slash));
    if (!address) return std::nullopt;
    IpRange out;
    out.base_ = *address;
    if (slash == std::string_view::npos) return out;
    const auto digits = text.substr(slash + 1);
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    const unsigned most = address->is_v4() ? 32 : 128;
    if (error != std::errc{} || end != digits.data() + digits.size() || bits > most) return std::nullopt;
    out.bits_ = bits + (128 - most);
    return out;
}

bool IpRange::contains(const IpAddress& address) const {
    const auto whole = bits_ / 8;
    if (!std::equal(base_.bytes.begin(), base_.bytes.begin() + whole, address.bytes.begin())) return false;
    if (bits_ % 8 == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - bits_ % 8));
    return (base_.bytes[whole] & mask) == (address.bytes[whole] & mask);
}

}  // namespace server::pool

#include "server/pool/proxy_header.h"

#include <arpa/inet.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace server::pool {
namespace {

constexpr std::size_t version_1_bytes_max = 107;  // "PROXY TCP6 " + two addresses, two ports, CRLF
constexpr std::size_t version_2_bytes_max = 536;  // 16 + 216 for Unix addresses, and room for TLVs
constexpr std::string_view version_2_mark("\r\n\r\n\0\r\nQUIT\n", 12);

bool could_start_with(std::string_view text, std::string_view mark) {
    return text.substr(0, mark.size()) == mark.substr(0, text.size());
}

std::string canonical(int family, std::string_view text) {
    std::array<std::uint8_t, 16> raw;
    std::array<char, INET6_ADDRSTRLEN> out;
    const std::string terminated(text);
    if (inet_pton(family, terminated.c_str(), raw.data()) != 1) return {};
    return inet_ntop(family, raw.data(), out.data(), out.size()) == nullptr ? std::string()
                                                                            : std::string(out.data());
}

ProxyHeader read_version_1(std::string_view start) {
    const auto end = start.substr(0, version_1_bytes_max).find("\r\n");
    if (end == std::string_view::npos)
        return {
            start.size() >= version_1_bytes_max ? ProxyHeaderState::invalid : ProxyHeaderState::incomplete,
            0,
            {}};
    auto line = start.substr(6, end - 6);
    const auto word = [&line] {
        const auto space = line.find(' ');
        const auto out = line.substr(0, space);
        line = space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
        return out;
    };
    const auto family = word();
    if (family == "UNKNOWN") return {ProxyHeaderState::found, end + 2, {}};
    if (family != "TCP4" && family != "TCP6") return {ProxyHeaderState::invalid, 0, {}};
    auto address = canonical(family == "TCP4" ? AF_INET : AF_INET6, word());
    if (address.empty()) return {ProxyHeaderState::invalid, 0, {}};
    return {ProxyHeaderState::found, end + 2, std::move(address)};
}

ProxyHeader read_version_2(std::string_view start) {
    if (start.size() < 16) return {ProxyHeaderState::incomplete, 0, {}};
    const auto byte = [&start](std::size_t at) { return static_cast<std::uint8_t>(start[at]); };
    const std::size_t length = static_cast<std::size_t>(byte(14)) << 8 | byte(15);
    const std::size_t whole = 16 + length;
    if (byte(12) >> 4 != 2 || (byte(12) & 15) > 1 || whole > version_2_bytes_max)
        return {ProxyHeaderState::invalid, 0, {}};
    if (start.size() < whole) return {ProxyHeaderState::incomplete, 0, {}};
    if ((byte(12) & 15) == 0) return {ProxyHeaderState::found, whole, {}};  // LOCAL
    const int family = byte(13) >> 4 == 1 ? AF_INET : byte(13) >> 4 == 2 ? AF_INET6 : AF_UNSPEC;
    if (family == AF_UNSPEC) return {ProxyHeaderState::found, whole, {}};
    if (length < (family == AF_INET ? 12u : 36u)) return {ProxyHeaderState::invalid, 0, {}};
    std::array<char, INET6_ADDRSTRLEN> out;
    if (inet_ntop(family, start.data() + 16, out.data(), out.size()) == nullptr)
        return {ProxyHeaderState::invalid, 0, {}};
    return {ProxyHeaderState::found, whole, out.data()};
}

}  // namespace

ProxyHeader read_proxy_header(std::string_view start) {
    if (start.empty()) return {ProxyHeaderState::incomplete, 0, {}};
    if (could_start_with(start, "PROXY "))
        return start.size() < 6 ? ProxyHeader{ProxyHeaderState::incomplete, 0, {}} : read_version_1(start);
    if (could_start_with(start, version_2_mark))
        return start.size() < version_2_mark.size() ? ProxyHeader{ProxyHeaderState::incomplete, 0, {}}
                                                    : read_version_2(start);
    return {};
}

}  // namespace server::pool

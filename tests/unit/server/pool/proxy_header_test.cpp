#include "server/pool/proxy_header.h"

#include "tests/catch.h"

#include <string>

using namespace server::pool;

namespace {

std::string version_2(std::uint8_t command, std::uint8_t family, const std::string& addresses) {
    std::string out("\r\n\r\n\0\r\nQUIT\n", 12);
    out += static_cast<char>(0x20 | command);
    out += static_cast<char>(family);
    out += static_cast<char>(addresses.size() >> 8);
    out += static_cast<char>(addresses.size() & 255);
    return out + addresses;
}

}  // namespace

TEST_CASE("A PROXY header of version 1 tells the client") {
    const std::string header = "PROXY TCP4 203.0.113.7 10.0.0.1 51234 3333\r\n";
    const auto found = read_proxy_header(header + "{\"id\":1}");
    CHECK(found.state == ProxyHeaderState::found);
    CHECK(found.bytes == header.size());
    CHECK(found.client_address == "203.0.113.7");
    CHECK(read_proxy_header("PROXY TCP6 2001:DB8::1 ::1 1 2\r\n").client_address == "2001:db8::1");
    CHECK(read_proxy_header("PROXY UNKNOWN\r\n").client_address.empty());
}

TEST_CASE("A PROXY header of version 2 tells the client") {
    const auto v4 = version_2(1, 0x11, std::string("\xcb\x00\x71\x07\x0a\x00\x00\x01\xc8\x22\x0d\x05", 12));
    CHECK(read_proxy_header(v4).client_address == "203.0.113.7");
    CHECK(read_proxy_header(v4).bytes == 28);
    CHECK(read_proxy_header(version_2(0, 0, "")).state == ProxyHeaderState::found);
    std::string v6(36, '\0');
    v6[15] = 1;
    CHECK(read_proxy_header(version_2(1, 0x21, v6)).client_address == "::1");
}

TEST_CASE("A header in pieces waits for the rest, at every length") {
    for (const auto& whole : {std::string("PROXY TCP4 203.0.113.7 10.0.0.1 51234 3333\r\n"),
                              version_2(1, 0x11, std::string(12, '\1'))})
        for (std::size_t size = 0; size < whole.size(); ++size)
            CHECK(read_proxy_header(whole.substr(0, size)).state == ProxyHeaderState::incomplete);
}

TEST_CASE("What is no header is left alone, and a false one is refused") {
    CHECK(read_proxy_header("{\"id\":1}").state == ProxyHeaderState::none);
    CHECK(read_proxy_header("\x16\x03\x01").state == ProxyHeaderState::none);
    CHECK(read_proxy_header("PROXIMA").state == ProxyHeaderState::none);
    for (const char* bad : {"PROXY TCP4 999.0.0.1 1.1.1.1 1 2\r\n", "PROXY UDP4 1.1.1.1 1.1.1.1 1 2\r\n",
                            "PROXY \r\n", "PROXY TCP4\r\n"})
        CHECK(read_proxy_header(bad).state == ProxyHeaderState::invalid);
    CHECK(read_proxy_header("PROXY TCP4 " + std::string(200, '1')).state == ProxyHeaderState::invalid);
    CHECK(read_proxy_header(version_2(1, 0x11, "short")).state == ProxyHeaderState::invalid);
    CHECK(read_proxy_header(version_2(2, 0x11, std::string(12, '\1'))).state == ProxyHeaderState::invalid);
    CHECK(read_proxy_header(version_2(1, 0x11, std::string(600, '\1'))).state == ProxyHeaderState::invalid);
}

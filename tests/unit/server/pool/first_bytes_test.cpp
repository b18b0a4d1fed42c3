// Protocols told from their first bytes.

#include "server/pool/first_bytes.h"
#include "tests/catch.h"

#include <random>
#include <string>

using server::pool::first_bytes_max;
using server::pool::FirstBytes;
using server::pool::read_first_bytes;

namespace {

struct Case {
    const char* what;
    std::string start;
    FirstBytes expected;
};

std::string tls_hello(std::size_t size = 11) {
    return std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11).substr(0, size);
}

std::string with(std::string text, std::size_t at, char byte) {
    text[at] = byte;
    return text;
}

}  // namespace

TEST_CASE("The protocol is told from the first bytes, and not before it can be") {
    const std::string subscribe = R"({"id":1,"method":"mining.subscribe","params":[]})";
    const Case cases[] = {
        {"nothing", "", FirstBytes::undecided},
        {"a V1 line", subscribe + "\n", FirstBytes::v1},
        {"a V1 line without its end", subscribe, FirstBytes::v1},
        {"a V1 line's first 16 bytes", subscribe.substr(0, 16), FirstBytes::v1},
        {"one byte less", subscribe.substr(0, 15), FirstBytes::undecided},
        {"V1 with a blank after the brace", "{ \"id\": 1, \"method\"", FirstBytes::v1},
        {"V1 with a line break in it", "{\"id\":1}\n{\"id\":2}\n", FirstBytes::v1},
        {"a line that means nothing", "{\"id\":1}\n", FirstBytes::undecided},
        {"V1 whose letters come later", "{\"id\":1,\"method\":\"\xc3\xbc\"}", FirstBytes::v1},
        {"a letter too early", "{\"id\":1,\"\xc3\xbc\":1,\"method\":1}", FirstBytes::undecided},
        {"a brace and no quote", "{1234567890abcdef", FirstBytes::undecided},
        {"text that is no JSON", "what is this? Hello?", FirstBytes::undecided},
        {"much text that is no JSON", std::string(64, 'x'), FirstBytes::v2},
        {"a browser", "GET / HTTP/1.1\r\nHost: a\r\n", FirstBytes::http},
        {"a browser's first 16 bytes", "GET / HTTP/1.1\r\n", FirstBytes::http},
        {"a browser that posts", "POST /api HTTP/1.1\r\n", FirstBytes::http},
        {"a short beginning of one", "GET / HTTP/1.1\r", FirstBytes::undecided},
        {"a TLS hello", tls_hello() + std::string(200, '\x81'), FirstBytes::tls},
        {"its first 11 bytes", tls_hello(), FirstBytes::tls},
        {"one byte less of it", tls_hello(10), FirstBytes::undecided},
        {"an alert instead of a hello", with(tls_hello(), 0, '\x15'), FirstBytes::undecided},
        {"a version that is none", with(tls_hello(), 2, '\x05'), FirstBytes::undecided},
        {"a record that is too long", with(tls_hello(), 3, '\x41'), FirstBytes::undecided},
        {"another message than hello", with(tls_hello(), 5, '\x02'), FirstBytes::undecided},
        {"63 bytes of act 1", std::string(63, '\x80'), FirstBytes::undecided},
        {"act 1", std::string(64, '\x80'), FirstBytes::v2},
        {"act 1 that begins as V1 does", "{\"" + std::string(62, '\x80'), FirstBytes::v2},
        {"act 1 that begins as TLS does", "\x16\x03" + std::string(62, '\x80'), FirstBytes::v2},
        {"act 1 and more", std::string(100, '\xff'), FirstBytes::v2},
    };
    for (const auto& one : cases) {
        INFO(one.what);
        CHECK(read_first_bytes(one.start) == one.expected);
    }
}

TEST_CASE("Random bytes are undecided up to the last, and then V2") {
    std::mt19937 random(20260923);
    for (int i = 0; i < 100'000; ++i) {
        std::string act1(first_bytes_max, 0);
        for (auto& byte : act1) byte = static_cast<char>(random());
        const auto size = random() % first_bytes_max;
        REQUIRE(read_first_bytes(std::string_view(act1).substr(0, size)) == FirstBytes::undecided);
        REQUIRE(read_first_bytes(act1) == FirstBytes::v2);
    }
}

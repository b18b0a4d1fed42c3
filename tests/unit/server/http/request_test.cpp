#include "server/http/request.h"

#include "tests/catch.h"

#include <map>
#include <string>

using server::http::parse_host;
using server::http::parse_target;
using server::http::TargetError;

TEST_CASE("A path that climbs, hides a control character or is not a path at all is malformed") {
    for (const char* text : {"",
                             "api",
                             "../etc/passwd",
                             "/../etc/passwd",
                             "/a/../b",
                             "/a/./b",
                             "/%2e%2e/etc",
                             "/%2E./x",
                             "/a//b",
                             "//etc/passwd",
                             "/a%00b",
                             "/a%0ab",
                             "/a%7f",
                             "/%",
                             "/%4",
                             "/%zz",
                             "/a#b",
                             "*",
                             "ftp://host/a",
                             "/?x=%",
                             "/?%zz=1"}) {
        INFO(text);
        const auto target = parse_target(text);
        REQUIRE(target.has_error());
        CHECK(target.error() == TargetError::malformed);
    }
}

TEST_CASE("What is not UTF-8 after decoding is malformed, every length of what is passes") {
    for (const char* text : {"/%ff", "/%c0%af", "/%c2", "/%80", "/%e0%9f%bf", "/%ed%a0%80", "/%f0%8f%bf%bf",
                             "/%f4%90%80%80", "/%f5%80%80%80", "/%e2%82", "/?x=%c3", "/?%c3=1", "/\xfe"}) {
        INFO(text);
        CHECK(parse_target(text).has_error());
    }
    const auto target = parse_target("/%c3%a9%e2%82%ac%ed%9f%bf%f0%90%80%80%f4%8f%bf%bf");
    REQUIRE(target.has_value());
    CHECK(target->segments[0] == "\u00e9\u20ac\ud7ff\U00010000\U0010ffff");
}

TEST_CASE("A path or query of too many parts is refused") {
    std::string path;
    for (std::size_t i = 0; i <= server::http::target_segments_max; ++i) path += "/a";
    CHECK(parse_target(path).error() == TargetError::too_many_parts);
    std::string query = "/?";
    for (std::size_t i = 0; i <= server::http::target_query_max; ++i)
        query += "k" + std::to_string(i) + "=1&";
    CHECK(parse_target(query).error() == TargetError::too_many_parts);
}

TEST_CASE("Segments and query are split first and decoded after") {
    const auto target = parse_target("/api/v1/users/a%2Fb%20c?x=1%262&y&x=3&&=4");
    REQUIRE(target.has_value());
    CHECK(target->segments == std::vector<std::string>{"api", "v1", "users", "a/b c"});
    CHECK(target->query == std::map<std::string, std::string>{{"x", "3"}, {"y", ""}});
}

TEST_CASE("The root, a trailing slash and the absolute form are understood") {
    CHECK(parse_target("/")->segments.empty());
    CHECK(parse_target("/api/")->segments == std::vector<std::string>{"api"});
    CHECK(parse_target("http://host:8080/api?x=1")->segments == std::vector<std::string>{"api"});
    CHECK(parse_target("http://host:8080")->segments.empty());
    CHECK(parse_target("https://host/a/../b").has_error());
}

TEST_CASE("A verb is known by its exact name") {
    using server::http::parse_verb;
    using server::http::Verb;
    CHECK(parse_verb("GET") == Verb::get);
    CHECK(parse_verb("DELETE") == Verb::del);
    CHECK(parse_verb("get") == Verb::other);
    CHECK(parse_verb("BREW") == Verb::other);
    CHECK(std::string(server::http::name_of(Verb::head)) == "HEAD");
}

TEST_CASE("The host that was asked is a name or an address without its port, or nothing") {
    CHECK(parse_host("pool.example:8080") == "pool.example");
    CHECK(parse_host("10.0.0.7") == "10.0.0.7");
    CHECK(parse_host("[fd00::7]:8080") == "[fd00::7]");
    for (const char* wrong : {"", ":8080", "a b", "user@host", "<b>", "[fd00::7", "a/b", "fd00[::7]"})
        CHECK(parse_host(wrong).empty());
    CHECK(parse_host(std::string(256, 'a')).empty());
}

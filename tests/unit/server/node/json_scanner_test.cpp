#include "server/node/json_scanner.h"

#include "tests/catch.h"

using server::node::JsonScanner;

TEST_CASE("Texts that are no JSON are refused, wherever they break") {
    const std::string deep_text = std::string(17, '[') + std::string(17, ']');
    for (const auto* text : {"",
                             " ",
                             "{",
                             "}",
                             "[1",
                             "[1,]",
                             "[,1]",
                             "{\"a\"}",
                             "{\"a\":}",
                             "{\"a\":1,}",
                             "{a:1}",
                             "\"open",
                             "\"open\\\"",
                             "\"\\",
                             "tru",
                             "nul",
                             "-",
                             "1.",
                             "1e",
                             "[1 2]",
                             "{\"a\":1 \"b\":2}",
                             "[}",
                             "{]",
                             "\"a\"x",
                             "1 1",
                             deep_text.c_str()}) {
        CAPTURE(text);
        JsonScanner in(text);
        const bool read = in.skip().has_value() && in.at_end();
        CHECK_FALSE(read);
    }
}

TEST_CASE("Any value is skipped whole and given as text") {
    for (const auto* text :
         {"{}", "[]", "0", "-1.5e+3", "true", "false", "null", "\"\"", "\"a\\\"b\\\\\"",
          "[[],[{}],{\"a\":[1,2]}]", "{\"a\":{\"b\":{}},\"c\":[null]}", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]"}) {
        CAPTURE(text);
        const std::string padded = std::string(" \n") + text + "\t ";
        JsonScanner in(padded);
        const auto skipped = in.skip();
        REQUIRE(skipped);
        CHECK(*skipped == text);
        CHECK(in.at_end());
    }
}

TEST_CASE("Members and items come in order, nested ones skipped or read") {
    JsonScanner in(R"( {"a": [1, 2 ,3], "skip": {"x": [{}]}, "s": "te\"xt", "n": null} )");
    std::string_view key;
    REQUIRE(in.open_object());
    REQUIRE(in.next_key(key));
    REQUIRE(in.open_array());
    std::int64_t sum = 0;
    while (in.next_item()) sum += in.integer().value_or(1000);
    CHECK(sum == 6);
    REQUIRE(in.next_key(key));
    CHECK(in.skip());
    REQUIRE(in.next_key(key));
    CHECK(key == "s");
    CHECK(server::node::readable(in.string().value_or("")) == "te\"xt");
    REQUIRE(in.next_key(key));
    CHECK(in.null());
    CHECK_FALSE(in.next_key(key));
    CHECK(in.at_end());
}

TEST_CASE("Only whole numbers within 64 bits are integers") {
    CHECK(JsonScanner("9223372036854775807").integer() == INT64_MAX);
    CHECK(JsonScanner("-9223372036854775808").integer() == INT64_MIN);
    for (const auto* text : {"9223372036854775808", "1.0", "1e3", "\"1\"", "true", "+1", ""}) {
        CAPTURE(text);
        JsonScanner in(text);
        CHECK_FALSE(in.integer());
        CHECK_FALSE(in.ok());
    }
}

TEST_CASE("Text from outside cannot break a message or a request") {
    CHECK(server::node::readable("a\\nb\\u0000\x01") == "a b?0000?");
    CHECK(server::node::json_text("a\"b\\c\n") == "\"a\\\"b\\\\c?\"");
}

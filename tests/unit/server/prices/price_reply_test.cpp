#include "server/prices/price_reply.h"

#include "server/prices/http_get.h"
#include "server/prices/price_source.h"
#include "tests/catch.h"

using namespace server::prices;

namespace {

std::string price(const std::string& answer, const std::string& pointer) {
    const auto reply = price_in(answer, pointer);
    return reply.problem.empty() ? text_of(reply.price) : reply.problem;
}

const std::string ticker =
    R"({"error":[],"result":{"XXBTZUSD":{"a":["69124.00000","1"],"c":["69123.45000","0.01"]},)"
    R"("a/b":{"~":1.5}}})";

}  // namespace

TEST_CASE("a price is found where the pointer says, as a number or a text, digit by digit") {
    CHECK(price(ticker, "/result/XXBTZUSD/c/0") == "69123.45");
    CHECK(price(ticker, "/result/a~1b/~0") == "1.5");
    CHECK(price(R"({"data":{"amount":"0.00000001"}})", "/data/amount") == "0.00000001");
    CHECK(price(R"({"price":69123.450000000000000001})", "/price") == "69123.450000000000000001");
    CHECK(price("69123", "") == "69123");
    CHECK(price("[[1,2],[3,4]]", "/1/0") == "3");
    CHECK(price(R"({"":{"":7}})", "//") == "7");
}

TEST_CASE("a pointer to nothing is told, with the start of the answer") {
    for (const auto* pointer :
         {"/result/XXBTZEUR", "/result/XXBTZUSD/c/2", "/result/XXBTZUSD/c/00", "/result/XXBTZUSD/c/-",
          "/result/XXBTZUSD/c/x", "/error/0", "/result/XXBTZUSD/c/0/0", "/", "/result/",
          "/result/XXBTZUSD/c/99999999999999999999"}) {
        INFO(pointer);
        CHECK(price(ticker, pointer).find("the answer has nothing at prices.pointer: {") == 0);
    }
}

TEST_CASE("what is no positive number of digits is no price") {
    const std::string values[] = {"-1",
                                  "0",
                                  "0.0",
                                  "1e9",
                                  "1E-2",
                                  "null",
                                  "true",
                                  "\"NaN\"",
                                  "\"Infinity\"",
                                  "\"1,000\"",
                                  "\"\"",
                                  "\" 1\"",
                                  "{}",
                                  "[1]",
                                  "\"69\\u0031\"",
                                  "01.5",
                                  "\"0x10\"",
                                  std::string(60, '9'),
                                  "0.0000000000000000001"};
    for (const auto& value : values) {
        INFO(value);
        CHECK(!price_in("{\"price\":" + value + "}", "/price").problem.empty());
    }
}

TEST_CASE("an answer that is not whole JSON has no price, even where the pointer would find one") {
    for (const auto* answer :
         {"", "{", "{\"price\":6912", "{\"price\":69123.45", "{\"price\":69123.45}}",
          "{\"price\":69123.45} x", "<html>", "NaN", "{\"price\":69123.45,}", "{'price':69123.45}"})
        CHECK(price(answer, "/price").find("the answer is not JSON") == 0);
    CHECK(price(std::string(100'000, '['), "/0").find("the answer is not JSON") == 0);
    CHECK(price(std::string("{\"price\":1\0}", 12), "/price").find("the answer is not JSON") == 0);
}

TEST_CASE("a pointer is empty or steps that begin with a slash") {
    for (const auto* good : {"", "/", "/a", "/a/0", "/a~0b~1c"}) CHECK(is_json_pointer(good));
    for (const auto* bad : {"a", "/a~", "/a~2", "~0", "#/a"}) CHECK(!is_json_pointer(bad));
}

TEST_CASE("an address is http or https with a host; what could smuggle a header or a name is none") {
    const auto url = parse_http_url("https://api.example.org/v1/BTC-USD?key=secret").value();
    CHECK(url.tls);
    CHECK(url.host == "api.example.org");
    CHECK(url.port == "443");
    CHECK(url.target == "/v1/BTC-USD?key=secret");
    CHECK(public_text(url) == "https://api.example.org:443/v1/BTC-USD");
    CHECK(parse_http_url("http://[::1]:8080?x")->target == "/?x");
    CHECK(parse_http_url("http://[::1]")->host == "::1");
    CHECK(public_text(parse_http_url("http://[::1]").value()) == "http://[::1]:80/");
    CHECK(parse_http_url("http://127.0.0.1:1")->port == "1");
    for (const auto* bad : {"", "ftp://a", "http://", "http:///x", "https://a:0x1", "http://a:",
                            "http://a:99999", "http://user@host/", "http://a b/", "http://a/\r\nX: y",
                            "http://a/#f", "http://::1/", "http://[::1", "http://a:1:2/"})
        CHECK(!parse_http_url(bad));
    CHECK(!parse_http_url("http://" + std::string(url_bytes_max, 'a')));
}

TEST_CASE("the codes are put into the address wherever their names stand") {
    PriceOptions options;
    options.url = "https://x/{asset}{quote}?a={asset}";
    options.asset = "ETC";
    options.quote = "EUR";
    CHECK(filled_url(options) == "https://x/ETCEUR?a=ETC");
}

#include "server/pool/opening.h"

#include "tests/catch.h"
#include <string>

using server::pool::read_opening;

namespace {
const std::string configure = R"({"id":1,"method":"mining.configure","params":[["info"],{}]})" "\n";
const std::string id = "05000102" + std::string(16, 'e');
const std::string subscribe = R"({"id":2,"method":"mining.subscribe","params":["x",")" + id + "\"]}\n";
const std::string authorize = R"({"id":3,"method":"mining.authorize","params":["a","b"]})" "\n";
}  // namespace

TEST_CASE("The shard of a session to be resumed is known as soon as the subscribe is whole, not before") {
    for (const auto& before : {std::string(), configure, configure + configure}) {
        const auto whole = before + subscribe;
        for (std::size_t length = 1; length < whole.size(); ++length)
            CHECK(!read_opening(whole.substr(0, length)).over);
        CHECK(read_opening(whole).over);
        CHECK(read_opening(whole).shard == std::uint8_t{5});
        CHECK(read_opening(whole + authorize).shard == std::uint8_t{5});
    }
}

TEST_CASE("An opening with anything else in front, without a session id or too long moves nowhere") {
    const std::string plain = R"({"id":2,"method":"mining.subscribe","params":["x"]})" "\n";
    for (const auto& text :
         {authorize + subscribe, plain, plain + subscribe, configure + authorize + subscribe,
          "junk " + subscribe, std::string("GET / HTTP/1.1\r\n"), std::string(3000, 'x'),
          R"({"id":2,"method":"mining.subscribe","params":["x",")" + id + "0\"]}\n",
          R"({"id":2,"method":"mining.subscribe","params":["x","zz)" + id.substr(2) + "\"]}\n"}) {
        INFO(text);
        CHECK(read_opening(text).over);
        CHECK(!read_opening(text).shard);
    }
}

// Lines of V1: what is refused, what is echoed, and that the fast scanner and the JSON parser mean the same.

#include "stratum/v1/codec.h"
#include "tests/catch.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

using namespace stratum;
using namespace stratum::v1;

namespace {

constexpr const char* good_submit =
    R"({"id":4,"method":"mining.submit","params":["user.w","1f","0011223344556677","6553f100","0000002a"]})";

std::optional<LineError> error_of(const std::string& line) { return parse_line(line).error; }

// A submission with these params as JSON text, through both readers.
std::optional<RejectReason> refused(const std::string& params) {
    const auto line = R"({"id":1,"method":"mining.submit","params":)" + params + "}";
    const auto parsed = parse_line(line);
    REQUIRE_FALSE(parsed.error);
    const auto submit = std::get<Submit>(parsed.request.body);
    std::string_view id;
    Submit scanned;
    if (scan_submit(line, id, scanned)) CHECK(scanned.refused == submit.refused);
    return submit.refused;
}

bool same(const Submission& a, const Submission& b) {
    return a.job == b.job && a.rest == b.rest && a.rest_bytes == b.rest_bytes && a.ntime == b.ntime &&
           a.nonce == b.nonce && a.version_bits == b.version_bits;
}

}  // namespace

TEST_CASE("Lines that are no requests are told why") {
    CHECK(error_of("hello") == LineError::not_json);
    CHECK(error_of("{\"id\":1") == LineError::not_json);
    CHECK(error_of("{\"id\":1}}") == LineError::not_json);
    CHECK(error_of("\x16\x03\x01") == LineError::not_json);
    CHECK(error_of("{\"id\":1,\"method\":\"\xff\"}") == LineError::not_json);
    CHECK(error_of("[]") == LineError::not_an_object);
    CHECK(error_of("17") == LineError::not_an_object);
    CHECK(error_of("{}") == LineError::no_method);
    CHECK(error_of(R"({"id":1,"method":7})") == LineError::no_method);
    CHECK(error_of(R"({"id":1,"method":null})") == LineError::no_method);
    CHECK(error_of(R"({"id":[1],"method":"mining.ping"})") == LineError::bad_id);
    CHECK(error_of(R"({"id":true,"method":"mining.ping"})") == LineError::bad_id);
    CHECK(error_of(R"({"id":")" + std::string(63, 'a') + R"(","method":"mining.ping"})") ==
          LineError::bad_id);
    CHECK(error_of(R"({"id":1e999,"method":"mining.ping"})") == LineError::not_json);
}

TEST_CASE("Nesting is refused before it is parsed and brackets in strings do not nest") {
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    CHECK(error_of(deep) == LineError::too_deep);
    CHECK(error_of(R"({"id":1,"method":"mining.submit","params":)" + deep + "}") == LineError::too_deep);
    CHECK_FALSE(error_of(R"({"id":1,"method":"mining.subscribe","params":["[[[[[[[[[[{{\"[["]})"));
}

TEST_CASE("Every malformed submission is refused for what is wrong with it") {
    using R = RejectReason;
    CHECK_FALSE(refused(R"(["u","1f","0011","6553f100","2a"])"));
    CHECK_FALSE(refused(R"(["u","1f","0011","6553f100","2a","1fffe000"])"));
    CHECK(refused("[]") == R::malformed);
    CHECK(refused("{}") == R::malformed);
    CHECK(refused("null") == R::malformed);
    CHECK(refused(R"("text")") == R::malformed);
    CHECK(refused(R"(["u","1f","0011","6553f100"])") == R::malformed);
    CHECK(refused(R"(["u","1f","0011","6553f100","2a","00","00"])") == R::malformed);
    CHECK(refused(R"(["u","1f","0011","6553f100",42])") == R::malformed);
    CHECK(refused(R"([null,"1f","0011","6553f100","2a"])") == R::malformed);
    CHECK(refused(R"(["u",["1f"],"0011","6553f100","2a"])") == R::malformed);
    CHECK(refused(R"(["u","1f","001","6553f100","2a"])") == R::malformed);   // odd length
    CHECK(refused(R"(["u","1f","00zz","6553f100","2a"])") == R::malformed);  // letters
    CHECK(refused(R"(["u","1f","0x11","6553f100","2a"])") == R::malformed);
    CHECK(refused(R"(["u","1f","0011","6553f1000","2a"])") == R::malformed);  // nine letters
    CHECK(refused(R"(["u","1f","0011","","2a"])") == R::malformed);
    CHECK(refused(R"(["u","1f","0011","6553f100","g0000000"])") == R::malformed);
    CHECK(refused(R"(["u","1f","0011","6553f100","-1"])") == R::malformed);
    CHECK(refused(R"(["u","1f","0011","6553f100","2a","mask"])") == R::malformed);
    CHECK(refused(R"(["u","1f","0011","6553f100","2a",""])") == R::malformed);
    CHECK(refused(R"(["u","1f",")" + std::string(34, '0') + R"(","6553f100","2a"])") == R::extranonce_size);
    CHECK(refused(R"(["u","","0011","6553f100","2a"])") == R::unknown_job);
    CHECK(refused(R"(["u","job-one","0011","6553f100","2a"])") == R::unknown_job);
    CHECK(refused(R"(["u","11111111111111111","0011","6553f100","2a"])") == R::unknown_job);
}

TEST_CASE("An id comes back exactly as it was sent") {
    for (const std::string id :
         {"0", "4294967295", "18446744073709551616", "123456789012345678901234567890", "-7", "1.50", "1e3",
          "-0", R"("auth")", R"("")", R"("\u00fc\"\\")", "\"\xc3\xbc\"", R"("a\/b")"}) {
        for (const auto* form :
             {R"({"id":%,"method":"mining.ping"})", R"({"method":"mining.ping", "id" : % })",
              R"({"params":[{"id":5},"\"id\":6"],"id":%,"method":"mining.ping"})",
              R"({"id":5,"method":"mining.ping","id":%})"}) {
            std::string line = form;
            line.replace(line.find('%'), 1, id);
            const auto parsed = parse_line(line);
            INFO(line);
            REQUIRE_FALSE(parsed.error);
            CHECK(parsed.request.has_id);
            CHECK(parsed.request.id == id);
        }
        auto submit = std::string(good_submit);
        submit.replace(submit.find('4'), 1, id);
        std::string_view scanned;
        Submit unused;
        if (scan_submit(submit, scanned, unused)) CHECK(scanned == id);
    }
    CHECK(parse_line(R"({"\u0069d":77,"method":"mining.ping"})").request.id == "77");
    CHECK(parse_line(R"({"id":[1,2],"\u0069d":77,"method":"mining.ping"})").request.id == "77");
    for (const auto* none : {R"({"id":null,"method":"mining.ping"})", R"({"method":"mining.ping"})"}) {
        CHECK_FALSE(parse_line(none).request.has_id);
        CHECK(parse_line(none).request.id == "null");
    }
}

TEST_CASE("A worker's name is the same with and without escapes") {
    const auto parsed = parse_line(
        R"({"id":4,"method":"mining.submit","params":["us\u0065r\/\u00fc.w","1f","0011","6553f100","2a"]})");
    CHECK(parsed.request.worker == "user/\xc3\xbc.w");
    CHECK_FALSE(std::get<Submit>(parsed.request.body).refused);
}

namespace {

std::string random_hex(std::mt19937& random, std::size_t letters_max) {
    const auto letters = random() % (letters_max + 1);
    std::string out;
    for (std::size_t i = 0; i < letters; ++i)
        out += "0123456789abcdefABCDEFgx"[random() % (random() % 20 == 0 ? 24 : 22)];
    return out;
}

// Mostly good submissions in any key order and spacing, some with a twist.
std::string random_line(std::mt19937& random) {
    const auto space = [&] { return std::string(random() % 4 == 0 ? " " : ""); };
    const char* ids[] = {"4",           "\"x\"", "null", "99999999999999999999", "-1", "1.5",
                         "\"\\u0041\"", "01",    "[]"};
    const char* users[] = {"bcrt1q.w", "u", "", "\xc3\xbc", "a\\u0062c", "a\x7f", "a\tb"};
    std::vector<std::string> members;
    members.push_back("\"id\"" + space() + ":" + space() +
                      ids[random() % 3 == 0 ? random() % 9 : random() % 2]);
    members.push_back(std::string("\"method\":\"") + (random() % 20 == 0 ? "mining.ping" : "mining.submit") +
                      "\"");
    std::string params = "\"params\":[" + space() + "\"" + users[random() % 3 == 0 ? random() % 7 : 0] + "\"";
    const auto count = random() % 8 == 0 ? random() % 8 : 4 + random() % 2;
    for (std::size_t i = 0; i < count; ++i)
        params +=
            "," + space() + (random() % 40 == 0 ? "7" : "\"" + random_hex(random, i == 1 ? 36 : 9) + "\"");
    members.push_back(params + "]");
    if (random() % 16 == 0) members.push_back("\"id\":8");
    if (random() % 16 == 0) members.push_back("\"jsonrpc\":\"2.0\"");
    if (random() % 16 == 0) members.pop_back();
    std::shuffle(members.begin(), members.end(), random);
    std::string line = space() + "{" + space();
    for (std::size_t i = 0; i < members.size(); ++i) line += (i == 0 ? "" : "," + space()) + members[i];
    line += "}" + space();
    if (random() % 12 == 0) line[random() % line.size()] = static_cast<char>(random() % 256);
    return line;
}

}  // namespace

TEST_CASE("The scanner and the parser agree on every line that both read") {
    std::mt19937 random(20240701);
    std::size_t scanned_lines = 0;
    for (int i = 0; i < 20'000; ++i) {
        const auto line = random_line(random);
        std::string_view id;
        Submit scanned;
        if (!scan_submit(line, id, scanned)) continue;
        ++scanned_lines;
        INFO(line);
        const auto parsed = parse_line(line);
        REQUIRE_FALSE(parsed.error);
        const auto submit = std::get<Submit>(parsed.request.body);
        REQUIRE(parsed.request.id == id);
        REQUIRE(submit.refused == scanned.refused);
        REQUIRE(parsed.request.worker == scanned.worker);
        if (!submit.refused) REQUIRE(same(submit.submission, scanned.submission));
    }
    CHECK(scanned_lines > 5'000);
}

TEST_CASE("The difficulty a client reads is never easier than its target") {
    for (int bits = 1; bits <= Difficulty::fraction_bits_max; ++bits) {
        const auto difficulty = *Difficulty::fraction(bits);
        const auto text = difficulty_text(difficulty);
        INFO(text);
        CHECK(text.find_first_of("eE") == std::string::npos);
        CHECK(std::stod(text) >= difficulty.approximate());
        CHECK(std::stod(text) <= difficulty.approximate() * 1.00001);
    }
    for (int bits = 0; bits < 64; ++bits)
        CHECK(difficulty_text(*Difficulty::whole(std::uint64_t{1} << bits)) ==
              std::to_string(std::uint64_t{1} << bits));
    CHECK(difficulty_text(*Difficulty::whole(12'345'678'901)) == "12345678901");
}

TEST_CASE("Texts of ours are JSON whatever is put into them") {
    std::string every;
    for (int letter = 0; letter < 256; ++letter) every += static_cast<char>(letter);
    std::string out;
    append_error(out, "7", 20, every);
    append_show_message(out, every);
    for (std::size_t from = 0; from < out.size();) {
        const auto end = out.find('\n', from);
        CHECK(nlohmann::json::accept(out.substr(from, end - from)));
        from = end + 1;
    }
}

#include "fleet/ledger/price_file.h"

#include "tests/catch.h"

using namespace fleet::ledger;

namespace {

const std::string header = "asset,quote,minute,venue,price\n";

std::string first_problem(const std::string& text) {
    const auto file = parse_price_file(text);
    if (file.problems.empty()) return {};
    return std::to_string(file.problems[0].line) + ": " + file.problems[0].text;
}

}  // namespace

TEST_CASE("a file of prices is read line by line, whatever program wrote its line ends and marks") {
    const auto file = parse_price_file(
        "\xef\xbb\xbf\"asset\",\"quote\",\"minute\",\"venue\",\"price\"\r\n"
        "BTC,USD,2026-11-25T05:00Z,kraken,69123.45\r\n\r\n"
        "\"ETC\",\"USD\",\"2026-11-25T05:01:00Z\",\"coin.base-1\",\"18.20\"");
    REQUIRE(file.problems.empty());
    REQUIRE(file.lines.size() == 2);
    CHECK(file.lines[0].line == 2);
    CHECK(file.lines[0].minute_us == 1'795'582'800'000'000);
    CHECK(file.lines[0].raw == "BTC,USD,2026-11-25T05:00Z,kraken,69123.45");
    CHECK(text_of(file.lines[0]) == file.lines[0].raw);
    CHECK(file.lines[1].line == 4);
    CHECK(text_of(file.lines[1]) == "ETC,USD,2026-11-25T05:01Z,coin.base-1,18.2");
}

TEST_CASE("each wrong line is told with its number and what to write") {
    const std::pair<std::string, std::string> cases[] = {
        {"", "1: the file is empty"},
        {"\n\n", "1: the file is empty"},
        {"asset,quote,price\nBTC,USD,1\n", "1: the first line must be the header"},
        {header + "BTC,USD,2026-11-25T05:00Z,kraken\n", "2: a line has five fields"},
        {header + "BTC,USD,2026-11-25T05:00Z,kraken,1,2\n", "2: a line has five fields"},
        {header + "BTC,USD,2026-11-25T05:00Z,kra\"ken,1\n", "2: a line has five fields"},
        {header + "btc,USD,2026-11-25T05:00Z,kraken,1\n", "2: asset and quote are codes"},
        {header + "BTC,BTC,2026-11-25T05:00Z,kraken,1\n", "2: asset and quote are the same"},
        {header + "BTC,USD,2026-11-25T05:00:01Z,kraken,1\n", "2: the minute must be UTC"},
        {header + "BTC,USD,2026-02-30T05:00Z,kraken,1\n", "2: the minute must be UTC"},
        {header + "BTC,USD,2026-11-25 05:00,kraken,1\n", "2: the minute must be UTC"},
        {header + "BTC,USD,2026-11-25T05:00Z,Kraken Pro,1\n", "2: the venue is a word"},
        {header + "BTC,USD,2026-11-25T05:00Z,,1\n", "2: the venue is a word"},
        {header + "BTC,USD,2026-11-25T05:00Z,kraken,\"1,000\"\n", "2: a line has five fields"},
        {header + "BTC,USD,2026-11-25T05:00Z,kraken,-5\n", "2: the price must be digits"},
        {header + "BTC,USD,2026-11-25T05:00Z,kraken,0\n", "2: the price must be above zero"},
        {header + "BTC,USD,2026-11-25T05:00Z,kraken," + std::string(60, '9') + "\n",
         "2: the price has too many"},
        {header + std::string(600, 'x') + "\n", "2: the line is too long"},
    };
    for (const auto& [text, problem] : cases) CHECK(first_problem(text).find(problem) == 0);
}

TEST_CASE("the good lines of a file with problems are not lost, and problems beyond the first are not kept") {
    std::string text = header + "BTC,USD,2026-11-25T05:00Z,kraken,1\n";
    for (int i = 0; i < 100; ++i) text += "nonsense\n";
    const auto file = parse_price_file(text);
    CHECK(file.lines.size() == 1);
    CHECK(file.problems.size() == price_file_problems_max);
    CHECK(file.problems.back().line == 22);
}

TEST_CASE("an instant is read in UTC or not at all") {
    CHECK(parse_utc("1970-01-01T00:00Z") == 0);
    CHECK(parse_utc("2026-11-25T05:00:30Z") == 1'795'582'830'000'000);
    CHECK(parse_utc("2024-02-29T23:59:59Z").has_value());
    for (const auto* text :
         {"", "2026-11-25", "2025-02-29T00:00Z", "2026-11-25T24:00Z", "2026-11-25T05:60Z",
          "2026-11-25T05:00:60Z", "2026-11-25T05:00:00", "2026-11-25t05:00Z", "1969-12-31T00:00Z",
          "2200-01-01T00:00Z", "+026-11-25T05:00Z", "2026-11-25T05:00:0Z"})
        CHECK(!parse_utc(text));
    CHECK(minute_of(1'795'582'830'000'000) == 1'795'582'800'000'000);
}

#include "server/log.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "tests/catch.h"

using namespace server::log;

namespace {

constexpr auto at = "2026-01-02T03:04:05.678Z";

// What the process writes to standard error while `body` runs.
template <typename Body>
std::string standard_error_of(Body body) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const int saved = ::dup(STDERR_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    body();
    ::dup2(saved, STDERR_FILENO);
    ::close(saved);
    ::close(ends[1]);
    std::string out;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;)
        out.append(buffer, static_cast<std::size_t>(got));
    ::close(ends[0]);
    return out;
}

}  // namespace

TEST_CASE("A text line names the event first and its fields after it") {
    CHECK(line_of(Format::text, at, Level::warn, "node_stalled",
                  {{"node", "main"}, {"age_s", 90}, {"tls", true}},
                  0) == "2026-01-02T03:04:05.678Z warn node_stalled node=main age_s=90 tls=true\n");
}

TEST_CASE("A peer's text cannot start a line of its own in the log") {
    const std::string hostile = "x\n2026 error fake \"\x01=\\";
    const auto text = line_of(Format::text, at, Level::info, "hello", {{"agent", hostile}}, 0);
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
    CHECK(text == "2026-01-02T03:04:05.678Z info hello agent=\"x\\n2026 error fake \\\"\\u0001=\\\\\"\n");
    const auto json = line_of(Format::json, at, Level::info, "hello", {{"agent", hostile}}, 3);
    CHECK(json ==
          "{\"time\":\"2026-01-02T03:04:05.678Z\",\"level\":\"info\",\"event\":\"hello\","
          "\"agent\":\"x\\n2026 error fake \\\"\\u0001=\\\\\",\"dropped_before\":\"3\"}\n");
}

TEST_CASE("A very long value is cut") {
    CHECK(line_of(Format::text, at, Level::info, "long", {{"text", std::string(100'000, 'a')}}, 0).size() <
          1200);
}

TEST_CASE("A storm of one event is limited and leaves other events alone") {
    const auto out = standard_error_of([] {
        for (int i = 0; i < 500; ++i) info("storm_event");
        info("other_event");
    });
    const auto lines = std::count(out.begin(), out.end(), '\n');
    CHECK(lines >= 21);
    CHECK(lines < 200);
    CHECK(out.find("other_event") != std::string::npos);
}

TEST_CASE("Levels below the least are silent") {
    configure(Level::warn, Format::text);
    const auto out = standard_error_of([] {
        info("quiet_event");
        error("loud_event");
    });
    configure(Level::info, Format::text);
    CHECK(out.find("quiet_event") == std::string::npos);
    CHECK(out.find("error loud_event\n") != std::string::npos);
}

// Who may read reports, and what is asked for. The reports themselves: tests/integration/reports.

#include <nlohmann/json.hpp>

#include "server/http/api.h"
#include "tests/catch.h"

using namespace server::http;

namespace {

const std::string token = "0123456789abcdef0123456789abcdef";

Reply ask(const std::string& target, const std::string& authorization,
          const std::string& configured = token) {
    Services services;
    services.report_token = configured;
    Request request;
    request.target = *parse_target(target);
    request.authorization = authorization;
    const Match match = match_route(Verb::get, request.target.segments);
    REQUIRE(match.route != nullptr);
    REQUIRE(match.route->place == Place::database_thread);
    request.parameters = match.parameters;
    return answer(*match.route, Context{services, nullptr, 0}, request);
}

std::string type_of(const Reply& reply) { return nlohmann::json::parse(reply.body)["type"]; }

}  // namespace

TEST_CASE("reports are off until a token is configured, whatever is sent") {
    for (const std::string sent : {"", "Bearer ", "Bearer x"}) {
        const auto reply = ask("/api/v1/reports/statement?user=alice", sent, "");
        CHECK(reply.status == 403);
        CHECK(type_of(reply) == "urn:hashyard:problem:reports_off");
    }
}

TEST_CASE("without the token nothing is told, not even which reports there are") {
    const std::string address = "/api/v1/reports/nonsense";
    for (const std::string& sent :
         {std::string(), std::string("Basic ") + token, token, "bearer" + token, std::string("Bearer")}) {
        const auto reply = ask(address, sent);
        CHECK(reply.status == 401);
        CHECK(type_of(reply) == "urn:hashyard:problem:token_needed");
    }
    for (const std::string& sent : {std::string(), token.substr(1), token + "0", "1" + token.substr(1)}) {
        const auto reply = ask(address, "Bearer " + sent);
        CHECK(reply.status == 401);
        CHECK(type_of(reply) == "urn:hashyard:problem:wrong_token");
        CHECK(reply.body.find(token) == std::string::npos);
        CHECK(reply.fields.back().first == "WWW-Authenticate");
    }
    CHECK(ask(address, "Bearer " + token).status == 404);
}

TEST_CASE("a question that makes no sense is told so before the database is asked") {
    const auto status = [](const std::string& question) {
        return ask("/api/v1/reports/statement" + question, "Bearer " + token).status;
    };
    CHECK(status("?user=alice&holder=bob&period=2026") == 400);
    CHECK(status("?user=alice&period=october") == 400);
    CHECK(status("?user=alice&from=2026-10-02&to=2026-10-01") == 400);
    CHECK(status("?user=alice&from=2026-10-02") == 400);
    CHECK(status("?user=alice&period=2026-10") == 503);  // there is no database here
}

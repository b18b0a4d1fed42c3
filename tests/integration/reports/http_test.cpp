// Reports over HTTP, from a real database.

#include "server/http/api.h"
#include "tests/integration/reports/report_world.h"

using namespace integration;
using namespace server::http;

namespace {

const std::string token = "0123456789abcdef0123456789abcdef";

struct Web {
    explicit Web(ReportWorld& world) {
        services.reports = &*world.database;
        services.report_token = token;
    }
    Reply get(const std::string& target) {
        Request request;
        request.target = *parse_target(target);
        request.authorization = "Bearer " + token;
        const Match match = match_route(Verb::get, request.target.segments);
        REQUIRE(match.route != nullptr);
        request.parameters = match.parameters;
        return answer(*match.route, Context{services, nullptr, 0}, request);
    }
    Services services;
};

std::string field(const Reply& reply, const std::string& name) {
    for (const auto& [key, value] : reply.fields)
        if (key == name) return value;
    return {};
}

}  // namespace

TEST_CASE("a report over HTTP is the file that the command writes, under a safe name") {
    ReportWorld world;
    Web web(world);
    const std::string period = "&period=" + world.last_month.substr(0, 4);
    const auto reply = web.get("/api/v1/reports/earnings?user=alice" + period);
    CHECK(reply.status == 200);
    CHECK(reply.content_type == "text/csv; charset=utf-8");
    CHECK(field(reply, "Cache-Control") == "no-store");
    CHECK(field(reply, "Content-Disposition").find("attachment; filename=\"earnings_user_3aalice_") == 0);
    auto question = world.query(server::reports::ReportKind::earnings, "user:alice", "csv");
    question.span = *server::reports::parse_period(world.last_month.substr(0, 4));
    CHECK(reply.body == world.file(question));

    const auto odd =
        web.get("/api/v1/reports/payouts?holder=%3Dcmd%7C%27%20%2FC%20calc%27%21A0%3B%20%20%22x%22" + period);
    CHECK(odd.status == 422);  // nobody is called that
    CHECK(field(odd, "Content-Disposition") == "");
    CHECK(ask(*world.database, "select count(*) from exports") == "1");
}

TEST_CASE("a report of several files is asked for by part, and its manifest too") {
    ReportWorld world;
    Web web(world);
    const std::string address =
        "/api/v1/reports/statement?user=alice&period=" + world.last_month.substr(0, 4);
    CHECK(web.get(address).status == 400);
    CHECK(web.get(address + "&part=0").status == 400);
    CHECK(web.get(address + "&part=3").status == 400);
    CHECK(web.get(address + "&part=1x").status == 400);
    CHECK(web.get(address + "&part=2").body.find("period,batch_id,") == 0);
    const auto manifest = web.get(address + "&part=manifest");
    CHECK(manifest.content_type == "application/json");
    CHECK(manifest.body.find("{\"files\":[{\"name\":\"statement_user_3aalice") == 0);
}

TEST_CASE("every kind of report and format is served, and what cannot be is told why") {
    ReportWorld world;
    Web web(world);
    const std::string period = "&period=" + world.last_month.substr(0, 4);
    for (const std::string format : {"koinly_simple", "pdf", "xlsx"})
        CHECK(web.get("/api/v1/reports/statement?user=alice&format=" + format + period).status == 200);
    for (const std::string format : {"hledger", "beancount"})
        CHECK(web.get("/api/v1/reports/journal?format=" + format).status == 200);
    CHECK(web.get("/api/v1/reports/ledger").status == 200);
    CHECK(web.get("/api/v1/reports/statement?user=nobody" + period).status == 422);
    CHECK(web.get("/api/v1/reports/statement?user=alice&format=ofx&currency=USD" + period).status == 422);
    CHECK(web.get("/api/v1/reports/statement?user=alice&format=exe" + period).status == 422);
    CHECK(web.get("/api/v1/reports/statement?user=alice").status == 422);
}

#include "server/http/store_statistics.h"

#include "server/http/api.h"
#include "tests/catch.h"
#include "tests/integration/store/fresh_database.h"

using namespace server::http;

namespace {

Reply get(StatisticsSource& statistics, const std::string& text) {
    Services services;
    services.statistics = &statistics;
    Request request;
    request.target = *parse_target(text);
    Match match = match_route(Verb::get, request.target.segments);
    request.parameters = std::move(match.parameters);
    return answer(*match.route, Context{services, nullptr, 0}, request);
}

const std::string hash(64, 'a');

}  // namespace

TEST_CASE("With PostgreSQL out of reach every history route answers 503") {
    server::store::Database nowhere("host=/nonexistent-socket-folder dbname=none");
    const auto statistics = make_store_statistics(nowhere);
    CHECK_THROWS_AS(statistics->pool(), StatisticsUnavailable);
    for (const std::string& path :
         {std::string("/api/v1/users/bob"), std::string("/api/v1/users/bob/workers"),
          std::string("/api/v1/blocks"), "/api/v1/blocks/" + hash, "/api/v1/payout-runs/" + hash}) {
        INFO(path);
        CHECK(get(*statistics, path).status == 503);
    }
}

TEST_CASE("A fresh database answers with nothing found and nothing unknown made up") {
    integration::FreshDatabase database;
    const auto statistics = make_store_statistics(*database);
    const PoolHistory pool = statistics->pool();
    CHECK_FALSE(pool.luck);
    CHECK_FALSE(pool.round_effort);
    CHECK_FALSE(pool.round_started_at_us);
    REQUIRE(pool.hashrate.size() == 3);
    CHECK(pool.hashrate[0].shares == 0);
    CHECK(get(*statistics, "/api/v1/users/bob").status == 404);
    CHECK(get(*statistics, "/api/v1/users/bob/workers").status == 404);
    CHECK(get(*statistics, "/api/v1/blocks").body == "{\"blocks\":[]}\n");
    CHECK(get(*statistics, "/api/v1/blocks/" + hash).status == 404);
    CHECK(get(*statistics, "/api/v1/payout-runs/" + hash).status == 404);
}

TEST_CASE("A name that looks like SQL or needs every byte of UTF-8 is only a name that nobody has") {
    integration::FreshDatabase database;
    const auto statistics = make_store_statistics(*database);
    CHECK(get(*statistics, "/api/v1/users/'%20or%201=1;--").status == 404);
    CHECK(get(*statistics, "/api/v1/users/%f4%8f%bf%bf%c2%80").status == 404);
}

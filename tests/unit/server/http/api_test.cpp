#include "server/http/api.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "server/metrics.h"
#include "tests/catch.h"
#include "tests/unit/server/http/sample_world.h"

using namespace server::http;
using nlohmann::json;

namespace {

struct World {
    sample::Statistics statistics;
    LivePool live = sample::live_pool();
    Services services;
    Remembered remembered;

    World() {
        services.live = [this] { return live; };
        services.statistics = &statistics;
        services.metrics = [](const server::PoolReadings&) { return std::string("text"); };
        remembered = {statistics.pool(), sample::now_us, true};
    }

    Reply get(const std::string& target, Request request = {}) {
        request.target = *parse_target(target);
        const Match match = match_route(Verb::get, request.target.segments);
        REQUIRE(match.route != nullptr);
        request.parameters = match.parameters;
        const bool memory = match.route->place == Place::web_thread;
        return answer(*match.route, Context{services, memory ? &remembered : nullptr, sample::now_us},
                      request);
    }
    json get_json(const std::string& target, const Request& request = {}) {
        return json::parse(get(target, request).body);
    }
};

}  // namespace

TEST_CASE("A problem carries its type, title, status and what to do") {
    const Reply reply = problem(404, "no_such_user", "Check the \xff spelling.");
    CHECK(reply.content_type == "application/problem+json");
    const json body = json::parse(reply.body);
    CHECK(body["type"] == "urn:hashyard:problem:no_such_user");
    CHECK(body["title"] == "Not Found");
    CHECK(body["status"] == 404);
    CHECK(body["detail"] == "Check the \xef\xbf\xbd spelling.");
}

TEST_CASE("Routes match whole paths, tell the verbs they take, and hand over what stood in braces") {
    CHECK(match_route(Verb::get, {"api", "v1"}).route == nullptr);
    CHECK(match_route(Verb::get, {}).route == nullptr);
    CHECK(match_route(Verb::get, {"api", "v1", "pool", "x"}).allow.empty());
    CHECK(match_route(Verb::post, {"api", "v1", "pool"}).allow == "GET, HEAD");
    CHECK(match_route(Verb::head, {"healthz"}).route != nullptr);
    const Match match = match_route(Verb::get, {"api", "v1", "users", "a/b", "workers"});
    REQUIRE(match.route != nullptr);
    CHECK(match.route->path == "/api/v1/users/{user}/workers");
    CHECK(match.parameters == std::vector<std::string>{"a/b"});
}

TEST_CASE("Every history route answers 503 with a problem when PostgreSQL is away") {
    World world;
    world.statistics.away = true;
    for (const std::string& target : std::vector<std::string>{
             "/api/v1/users/bob", "/api/v1/users/bob/workers", "/api/v1/blocks",
             "/api/v1/blocks/" + sample::block_hash, "/api/v1/payout-runs/" + sample::block_hash}) {
        INFO(target);
        const Reply reply = world.get(target);
        CHECK(reply.status == 503);
        CHECK(json::parse(reply.body)["type"] == "urn:hashyard:problem:database_away");
    }
    world.services.statistics = nullptr;
    CHECK(world.get("/api/v1/blocks").status == 503);
}

TEST_CASE("A read that PostgreSQL gave up in its time limit answers 503 and says what that means") {
    World world;
    world.statistics.slow = true;
    CHECK(world.get("/api/v1/blocks").status == 503);
    const json body = world.get_json("/api/v1/users/bob");
    CHECK(body["type"] == "urn:hashyard:problem:database_too_slow");
    CHECK(body["detail"].get<std::string>().find("time limit") != std::string::npos);
}

TEST_CASE("The pool's page answers from memory while the database is away, and says so") {
    World world;
    world.remembered.available = false;
    const json body = world.get_json("/api/v1/pool");
    CHECK(body["database_available"] == false);
    CHECK(body["sessions"] == 12);
    CHECK(body["rejects"]["stale"] == 31);
    CHECK(body["history"]["read_at"] == "2025-11-20T14:00:00.000Z");
    CHECK(body["history"]["round_effort"] == 0.84);
    world.remembered.pool.reset();
    CHECK(world.get_json("/api/v1/pool")["history"].is_null());
}

TEST_CASE("Each port of the pool has the URL that a miner is given, by the host that was asked") {
    World world;
    const auto& key = sample::authority;
    Request request;
    request.host = "pool.example";
    auto listeners = world.get_json("/api/v1/pool", request)["listeners"];
    REQUIRE(listeners.size() == 4);
    const std::string expected[] = {"stratum+tcp://pool.example:3333", "stratum+ssl://pool.example:3443",
                                    "stratum2+tcp://pool.example:3336/" + key,
                                    "stratum2+tcp://pool.example:3337/" + key};
    for (std::size_t i = 0; i < 4; ++i) CHECK(listeners[i]["url"].get<std::string>() == expected[i]);
    CHECK(listeners[0]["authority"].is_null());
    CHECK(listeners[2]["authority"].get<std::string>() == key);
    CHECK(world.get_json("/api/v1/pool")["channels"] == 15);
    CHECK(world.get_json("/api/v1/pool")["listeners"][0]["url"].get<std::string>() ==
          "stratum+tcp://HOST:3333");
}

TEST_CASE("Before the first template and share, what is not known is null") {
    World world;
    world.live = LivePool{};
    world.live.hashrate_relative_error = std::numeric_limits<double>::infinity();
    world.statistics.empty = true;
    world.remembered.pool = world.statistics.pool();
    const json body = world.get_json("/api/v1/pool");
    CHECK(body["template"].is_null());
    CHECK(body["hashrate_relative_error"].is_null());
    CHECK(body["history"]["luck"].is_null());
    CHECK(body["history"]["round_effort"].is_null());
}

TEST_CASE("Health fails without templates or journal and only degrades without the database") {
    World world;
    CHECK(world.get("/healthz").status == 200);
    CHECK(world.get_json("/healthz")["status"] == "ok");
    world.live.database_available = false;
    CHECK(world.get("/healthz").status == 200);
    CHECK(world.get_json("/healthz")["status"] == "degraded");
    CHECK(world.get_json("/healthz")["database"] == "away");
    world.live.journal_writable = false;
    CHECK(world.get("/healthz").status == 503);
    CHECK(world.get_json("/healthz")["journal"] == "failing");
    world.live = sample::live_pool();
    world.live.templates_flow = false;
    CHECK(world.get("/healthz").status == 503);
    CHECK(world.get_json("/healthz")["templates"] == "stopped");
    CHECK(world.get_json("/healthz")["nodes"]["node-2"] == "lagging");
}

TEST_CASE("Health of a process without a pool is that of its database") {
    World world;
    world.live = LivePool{};
    world.live.serves_miners = false;
    world.live.database_available = true;
    CHECK(world.get("/healthz").status == 200);
    CHECK(world.get_json("/healthz") == json{{"status", "ok"}, {"database", "available"}});
    world.remembered.available = false;
    CHECK(world.get("/healthz").status == 503);
    CHECK(world.get_json("/healthz") == json{{"status", "failing"}, {"database", "away"}});
}

TEST_CASE("A user, its workers and their error bands") {
    World world;
    CHECK(world.get("/api/v1/users/nobody").status == 404);
    CHECK(world.get("/api/v1/users/" + std::string(91, 'a')).status == 404);
    CHECK(world.get("/api/v1/users/nobody/workers").status == 404);
    const json user = world.get_json("/api/v1/users/" + sample::alice);
    CHECK(user["user"] == sample::alice);
    CHECK(user["kind"] == "address");
    CHECK(user["hashrate"][0]["window_s"] == 600.0);
    CHECK(user["hashrate"][0]["relative_error"].get<double>() == Catch::Approx(0.0745).epsilon(0.01));
    CHECK(user["last_share_at"] == "2025-11-20T13:59:58.500Z");
    const json workers = world.get_json("/api/v1/users/bob/workers");
    CHECK(workers["workers"].size() == 3);
    CHECK(workers["workers"][1]["worker"] == "<b>rig</b> & co");
    CHECK(workers["workers"][2]["hashrate"][0]["relative_error"].is_null());
    CHECK(workers["whole"] == true);
}

TEST_CASE("Blocks come highest first, paged, and refuse numbers that are none") {
    World world;
    for (const char* query : {"count=0", "count=101", "count=-1", "count=x", "count=", "before_height=x",
                              "before_height=99999999999"}) {
        INFO(query);
        CHECK(world.get(std::string("/api/v1/blocks?") + query).status == 400);
    }
    CHECK(world.get_json("/api/v1/blocks")["blocks"].size() == 20);
    const json page = world.get_json("/api/v1/blocks?count=2&before_height=840121");
    REQUIRE(page["blocks"].size() == 2);
    CHECK(page["blocks"][0]["height"] == 840120);
    world.statistics.empty = true;
    CHECK(world.get_json("/api/v1/blocks")["blocks"].empty());
}

TEST_CASE("A block shows the lines its reward was divided into") {
    World world;
    CHECK(world.get("/api/v1/blocks/xyz").status == 400);
    CHECK(world.get("/api/v1/blocks/" + std::string(64, 'A')).status == 400);
    CHECK(world.get("/api/v1/blocks/" + std::string(64, '0')).status == 404);
    CHECK(world.get("/api/v1/payout-runs/840122").status == 400);
    CHECK(world.get("/api/v1/payout-runs/" + std::string(64, '0')).status == 404);
    const json block = world.get_json("/api/v1/blocks/" + sample::block_hash);
    CHECK(block["state"] == "immature");
    CHECK(block["payout_run"]["rule"] == 1);
    CHECK(block["payout_run"]["scheme"] == "pplns");
    const json run = world.get_json("/api/v1/payout-runs/" + sample::block_hash);
    CHECK(run == block["payout_run"]);
    std::int64_t sum = run["fee_sats"];
    for (const json& line : run["lines"]) sum += line["amount_sats"].get<std::int64_t>();
    CHECK(sum == run["reward_sats"].get<std::int64_t>());
    CHECK(run["lines"][0]["weight"] == "8123456789012345678901");
}

TEST_CASE("What a handler throws becomes a 500 that hides its text") {
    World world;
    world.services.live = []() -> LivePool { throw std::runtime_error("secret"); };
    const Reply reply = world.get("/api/v1/pool");
    CHECK(reply.status == 500);
    CHECK(reply.body.find("secret") == std::string::npos);
}

TEST_CASE("Readings for Prometheus leave out what is not known") {
    World world;
    const server::PoolReadings readings = readings_of(world.live, world.remembered);
    CHECK(readings.template_height == 840'123.0);
    CHECK(readings.luck == 1.07);
    CHECK(readings.blocks.at("mature") == 12);
    CHECK(readings.database_available == true);
    const server::PoolReadings unknown = readings_of(LivePool{}, Remembered{});
    CHECK_FALSE(unknown.template_age_s);
    CHECK_FALSE(unknown.luck);
    CHECK(unknown.database_available == false);
}

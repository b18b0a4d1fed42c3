// What /api/v1/proof answers, over a source that tells what it was asked.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "server/http/api.h"
#include "tests/catch.h"
#include "tests/unit/server/http/sample_world.h"

using namespace server::http;
using nlohmann::json;

namespace {

// Answers what it was asked.
class Proofs : public sample::Statistics {
  public:
    std::size_t bytes = 0;
    ProofAnswer proof(const ProofQuestion& question) override {
        if (away) throw StatisticsUnavailable("away");
        if (question.number == 404) return {{}, "There is none."};
        if (bytes != 0) return {std::string(bytes, 'x'), {}};
        return {std::to_string(static_cast<int>(question.kind)) + " " + question.name + " " +
                    std::to_string(question.number) + " " + question.user,
                {}};
    }
    std::vector<ProofHead> proof_heads(std::size_t count) override {
        if (away) throw StatisticsUnavailable("away");
        if (empty) return {};
        return std::vector<ProofHead>(std::min<std::size_t>(count, 3), {"aa", "bb", "cc", "dd", 7, 5});
    }
};

struct World {
    Proofs proofs;
    Services services;
    World() { services.statistics = &proofs; }
    Reply get(const std::string& target) {
        Request request;
        request.target = *parse_target("/api/v1/proof/" + target);
        const Match match = match_route(Verb::get, request.target.segments);
        REQUIRE(match.route != nullptr);
        CHECK(match.route->place == Place::database_thread);
        request.parameters = match.parameters;
        return answer(*match.route, Context{services, nullptr, sample::now_us}, request);
    }
    std::string name_of(const Reply& reply) { return json::parse(reply.body)["type"].get<std::string>(); }
};

}  // namespace

TEST_CASE("Each proof route asks for its file and hands it over as text") {
    World world;
    const std::pair<std::string, std::string> cases[] = {
        {"blocks/" + sample::block_hash, "0 " + sample::block_hash + " 0 "},
        {"slices/7", "1  7 "},
        {"slices/7/users/bob", "1  7 bob"},
        {"shares/9223372036854775807", "2  9223372036854775807 "},
        {"receipts/0", "3  0 "},
        {"liabilities/2026-11-25", "4 2026-11-25 0 "},
        {"liabilities/2026-11-25/users/bob", "4 2026-11-25 0 bob"},
        {"consistency/12", "5  12 "},
    };
    for (const auto& [target, body] : cases) {
        CAPTURE(target);
        const auto reply = world.get(target);
        CHECK(reply.status == 200);
        CHECK(reply.content_type == "text/plain; charset=utf-8");
        CHECK(reply.body == body);
    }
}

TEST_CASE("Proof routes refuse what is no number, day or hash, and say what is missing or too large") {
    World world;
    for (const auto* target : {"slices/x", "slices/-1", "shares/1.5", "receipts/9223372036854775808",
                               "consistency/0x1", "liabilities/2026-02-30", "blocks/abc"}) {
        CAPTURE(target);
        CHECK(world.get(target).status == 400);
    }
    const auto missing = world.get("slices/404");
    CHECK(missing.status == 404);
    CHECK(world.name_of(missing) == "urn:hashyard:problem:no_such_proof");
    world.proofs.bytes = (8U << 20U) + 1;
    CHECK(world.name_of(world.get("slices/1")) == "urn:hashyard:problem:proof_too_large");
    world.proofs.bytes = 8U << 20U;
    CHECK(world.get("slices/1").status == 200);
    world.proofs.away = true;
    for (const auto* target : {"key", "heads", "slices/1"}) CHECK(world.get(target).status == 503);
}

TEST_CASE("The key and the newest heads are JSON; before the first head there is no key") {
    World world;
    CHECK(json::parse(world.get("key").body)["key"] == "cc");
    const auto heads = json::parse(world.get("heads").body)["heads"];
    CHECK(heads.size() == 3);
    CHECK(heads[0]["size"] == 7);
    CHECK(heads[0]["signature"] == "dd");
    world.proofs.empty = true;
    CHECK(world.get("key").status == 404);
    CHECK(json::parse(world.get("heads").body)["heads"].empty());
}

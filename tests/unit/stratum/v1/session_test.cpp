// Sessions as a whole: order of answers, suggestions, retargets, resumes.

#include "tests/catch.h"
#include "tests/unit/stratum/v1/client.h"

using namespace stratum;
using namespace stratum::v1;
using namespace stratum::v1::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t main_nbits = 0x17030000;

struct Fixture {
    Fixture() { world.on_template(make_template(number, 1, main_nbits)); }
    void next_template(std::uint8_t tip) { world.on_template(make_template(++number, tip, main_nbits)); }
    std::uint64_t number = 1 << 20;
    PoolWorld world;
};

const std::string dialogue =
    R"({"id":1,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"ffffffff"}]})"
    "\n\r\n"
    R"({"id":"sub","method":"mining.subscribe","params":["cgminer/4.11"]})"
    "\n"
    R"({"id":3,"method":"mining.authorize","params":["bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202.w","x"]})"
    "\r\n"
    R"({"id":4,"method":"mining.submit","params":["bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202.w","10000000","00","0","0"]})"
    "\n"
    R"({"id":5,"method":"mining.extranonce.subscribe","params":[]})"
    "\n"
    R"({"id":6,"method":"mining.submit","params":["bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202.x","10000000","00","0","0"]})"
    "\n"
    R"({"id":7,"method":"mining.nonsense","params":[]})"
    "\n";

}  // namespace

TEST_CASE("However the bytes are cut the answers are the same") {
    std::vector<nlohmann::json> whole;
    {
        Fixture fixture;
        Client client(fixture.world);
        client.say(dialogue);
        whole = client.answers;
    }
    REQUIRE(whole.size() == 7);
    for (std::size_t chunk = 1; chunk < dialogue.size(); ++chunk) {
        Fixture fixture;
        Client client(fixture.world);
        client.say(dialogue, chunk);
        INFO("pieces of " << chunk);
        CHECK(client.answers == whole);
        CHECK(client.told_of("mining.notify") == 1);
        CHECK(client.session().closing() == CloseReason::none);
    }
}

TEST_CASE("Answers keep the order of requests around submissions that wait for their batch") {
    Fixture fixture;
    Client client(fixture.world);
    client.login();
    client.answers.clear();
    std::string bytes;
    std::vector<int> ids;
    for (int id = 100; id < 400; ++id) {
        ids.push_back(id);
        if (id % 7 == 0)
            bytes += R"({"id":)" + std::to_string(id) + R"(,"method":"mining.ping","params":[]})" + "\n";
        else
            bytes += client.submit(static_cast<std::uint32_t>(id), std::to_string(id));
    }
    client.say(bytes, 1000);
    std::vector<int> answered;
    for (const auto& answer : client.answers) answered.push_back(answer["id"]);
    CHECK(answered == ids);
}

TEST_CASE("A full batch stops the input in front of the next submission and loses nothing") {
    Fixture fixture;
    auto session = fixture.world.connect();
    ShareBatch batch(share_batch_max - 1);
    const std::string line = R"({"id":1,"method":"mining.submit","params":["u","1","00","0","0"]})"
                             "\n";
    CHECK(session->receive(line.substr(0, 10), fixture.world.now, batch) == 10);
    const auto rest = line.substr(10) + line;
    CHECK(session->receive(rest, fixture.world.now, batch) == line.size() - 10);
    CHECK(batch.size() == share_batch_max);
    CHECK(session->receive(line, fixture.world.now, batch) == 0);
    batch.clear();
    CHECK(session->receive(line, fixture.world.now, batch) == line.size());
    CHECK(batch.size() == 1);
}

TEST_CASE("A tip or a timer between the login and its first job harms nobody") {
    Fixture fixture;
    auto session = fixture.world.connect();
    ShareBatch batch;
    const std::string bytes = dialogue.substr(0, dialogue.find(R"({"id":6)"));
    const auto consumed = session->receive(bytes, fixture.world.now, batch);
    REQUIRE(consumed < bytes.size());  // the request behind the submission waits for its settlement
    fixture.next_template(2);
    session->on_job(fixture.world.now);
    session->on_timer(fixture.world.now);
    CHECK(session->output().find("method\":\"mining.notify") == std::string::npos);
    for (const auto& share : batch)
        session->settle(share, Verdict{RejectReason::unknown_job, false, {}}, fixture.world.now);
    batch.clear();
    session->receive(std::string_view(bytes).substr(consumed), fixture.world.now, batch);
    CHECK(session->output().find("method\":\"mining.notify") != std::string::npos);
}

TEST_CASE("A worker is known by its name whatever escapes it is written with") {
    Fixture fixture;
    Client client(fixture.world);
    client.login();
    client.say(R"({"id":2,"method":"mining.authorize","params":[")" + std::string(test_address) +
               R"(.r\u00fcck\/1","x"]})" + "\n");
    client.say(client.submit(1, "9", R"(.r\u00fcck\/1)"));
    CHECK(client.last_code() == 0);
    client.say(client.submit(2, "9",
                             ".r\xc3\xbc"
                             "ck/1"));
    CHECK(client.last_code() == 0);
    client.say(client.submit(3, "9", ".other"));
    CHECK(client.last_code() == 24);
    CHECK(fixture.world.workers.size() == 2);
}

TEST_CASE("The same share in other letters and for another worker is a duplicate") {
    Fixture fixture;
    Client client(fixture.world);
    client.login();
    client.say(R"({"id":2,"method":"mining.authorize","params":[")" + std::string(test_address) +
               R"(.two","x"]})" + "\n");
    const auto line = client.submit(0xabcdef);
    client.say(line);
    REQUIRE(client.last_code() == 0);
    auto upper = line;
    upper.replace(upper.find("00abcdef"), 8, "ABCDEF");
    client.say(upper);
    CHECK(client.last_code() == 22);
    client.say(client.submit(0xabcdef, "9", ".two"));
    CHECK(client.last_code() == 22);
}

TEST_CASE("Bits granted with a job stay good for it when the next template needs them") {
    Fixture fixture;
    Client client(fixture.world);
    client.say(
        R"({"id":1,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"1fffe000"}]})"
        "\n");
    client.login();
    auto old_line = client.submit(5);
    auto work = new_template(++fixture.number, 1, main_nbits);
    work->version = 0x20004000;
    work->version_required = 0x4000;
    fixture.world.on_template(work);
    client.session().on_job(fixture.world.now);
    client.hear();
    REQUIRE(client.told_of("mining.set_version_mask") == 1);
    auto new_line = client.submit(5);
    for (auto* line : {&old_line, &new_line}) line->insert(line->rfind(']'), R"(,"00004000")");
    client.say(old_line);
    CHECK(client.last_code() == 0);
    client.say(new_line);
    CHECK(client.last_code() == 20);
    fixture.next_template(1);
    client.session().on_job(fixture.world.now);
    client.hear();
    CHECK(client.told_of("mining.set_version_mask") == 2);
}

TEST_CASE("A client that asks for change after change gets them until the template's variants end") {
    Fixture fixture;
    fixture.world.settings.vardiff.enabled = true;
    Client client(fixture.world);
    client.login();
    for (int i = 0; i < 100; ++i)
        client.say(R"({"id":5,"method":"mining.suggest_difficulty","params":[)" + std::to_string(1 + i % 2) +
                   "]}\n");
    CHECK(client.told_of("mining.notify") == job_variants_max);
    CHECK(client.told_of("mining.set_difficulty") == job_variants_max);
    const auto told = client.told;
    // Vardiff keeps measuring against the difficulty that was told.
    auto* channel = client.session().channel();
    fixture.world.now += 60s;
    client.session().on_timer(fixture.world.now);
    client.hear();
    CHECK(client.told == told);
    CHECK(channel->vardiff().current().target() == channel->target());
    fixture.next_template(1);
    client.session().on_job(fixture.world.now);
    fixture.world.now += 60s;
    client.session().on_timer(fixture.world.now);
    client.hear();
    CHECK(client.told_of("mining.set_difficulty") == job_variants_max + 1);
}

TEST_CASE("A resumed channel keeps its prefix, its jobs of this tip and its duplicates") {
    Fixture fixture;
    Client client(fixture.world);
    client.login();
    const auto id = client.answers[0]["result"][0][0][1].get<std::string>();
    const auto prefix = client.answers[0]["result"][1];
    const auto line = client.submit(77);
    client.say(line);
    fixture.world.disconnect(client.session());
    Client again(fixture.world);
    again.say(R"({"id":1,"method":"mining.subscribe","params":["test/1",")" + id + "\"]}\n" +
              R"({"id":2,"method":"mining.authorize","params":[")" + test_address + ".w\",\"x\"]}\n");
    CHECK(again.answers[0]["result"][1] == prefix);
    again.say(line);
    CHECK(again.last_code() == 22);
    auto fresh = line;
    fresh.replace(fresh.find("0000004d"), 8, "0000004e");
    again.say(fresh);
    CHECK(again.last_code() == 0);
    Client thief(fixture.world);
    thief.say(R"({"id":1,"method":"mining.subscribe","params":["test/1",")" + id + "\"]}\n");
    CHECK(thief.answers[0]["result"][1] != prefix);
}

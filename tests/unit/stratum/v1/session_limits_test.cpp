// What ends a session, what does not, and how much memory one takes.

#include <malloc.h>

#include <algorithm>
#include <cstdio>

#include "tests/catch.h"
#include "tests/unit/stratum/v1/client.h"

using namespace stratum;
using namespace stratum::v1;
using namespace stratum::v1::testing;
using namespace std::chrono_literals;

namespace {

struct Fixture {
    Fixture() { world.on_template(make_template(1 << 20, 1, 0x17030000, 4000)); }
    PoolWorld world;
};

}  // namespace

TEST_CASE("A line that does not end ends the session, sooner before the login") {
    Fixture fixture;
    for (const std::size_t chunk : {std::size_t{100}, std::size_t{1} << 20}) {
        Client stranger(fixture.world);
        stranger.say(std::string(line_bytes_max_before_login, 'x'), chunk);
        CHECK(stranger.session().closing() == CloseReason::none);
        stranger.say("x");
        CHECK(stranger.session().closing() == CloseReason::line_too_long);
        CHECK(stranger.last_code() == 20);

        Client worker(fixture.world);
        worker.login();
        worker.say(std::string(line_bytes_max, 'x'), chunk);
        CHECK(worker.session().closing() == CloseReason::none);
        worker.say("x\n");
        CHECK(worker.session().closing() == CloseReason::line_too_long);
    }
}

TEST_CASE("Five lines of junk end a session and each is answered") {
    Fixture fixture;
    Client client(fixture.world);
    client.say("junk\n{}\n[]\n[[[[[[[[[[[[\n");
    CHECK(client.session().closing() == CloseReason::none);
    CHECK(client.answers.size() == 4);
    client.say("junk\njunk\n");
    CHECK(client.session().closing() == CloseReason::junk);
    CHECK(client.answers.size() == 5);
    for (const auto& answer : client.answers) CHECK(answer["error"][0] == 20);
}

TEST_CASE("A browser is told in its own language what this port is") {
    Fixture fixture;
    for (const auto* line : {"GET / HTTP/1.1\r\n", "POST /x HTTP/1.0\r\n", "HEAD / HTTP/1.1\r\n"}) {
        Client client(fixture.world);
        client.say(line);
        CHECK(client.session().closing() == CloseReason::not_stratum);
        CHECK(client.wire.starts_with("HTTP/1.1 400 "));
    }
}

TEST_CASE("A flood before the subscription ends the session and credits nothing") {
    Fixture fixture;
    Client client(fixture.world);
    std::string flood;
    for (int i = 0; i < 1000; ++i)
        flood += R"({"id":1,"method":"mining.submit","params":["u","1","00","0","0"]})"
                 "\n";
    client.say(flood);
    CHECK(client.session().closing() == CloseReason::misbehaviour);
    CHECK(client.answers.size() < 300);
    for (const auto& answer : client.answers) CHECK(answer["error"][0] == 25);
}

TEST_CASE("Who never logs in and who falls silent is let go, rentals later") {
    Fixture fixture;
    Client stranger(fixture.world), worker(fixture.world), rental(fixture.world);
    worker.login();
    rental.login("NiceHash/1.0.0");
    fixture.world.now += 15s;
    stranger.session().on_timer(fixture.world.now);
    CHECK(stranger.session().closing() == CloseReason::none);
    fixture.world.now += 1s;
    for (auto* client : {&stranger, &worker, &rental}) client->session().on_timer(fixture.world.now);
    CHECK(stranger.session().closing() == CloseReason::login_timeout);
    CHECK(worker.session().closing() == CloseReason::none);
    fixture.world.now += 600s;
    for (auto* client : {&worker, &rental}) client->session().on_timer(fixture.world.now);
    CHECK(worker.session().closing() == CloseReason::idle);
    CHECK(rental.session().closing() == CloseReason::none);
    fixture.world.now += 7 * 24h;
    rental.session().on_timer(fixture.world.now);
    CHECK(rental.session().closing() == CloseReason::idle);
}

TEST_CASE("What waits for a client that does not read is bounded") {
    Fixture fixture;
    Client client(fixture.world);
    client.login();
    std::size_t largest = 0;
    SECTION("requests") {
        const std::string pings = R"({"id":1,"method":"mining.ping"})"
                                  "\n";
        std::string many;
        while (many.size() < 64 * 1024) many += pings;
        for (int i = 0; i < 100; ++i) {
            fixture.world.feed(client.session(), many);
            largest = std::max(largest, client.session().output().size());
        }
    }
    SECTION("jobs") {
        for (std::uint64_t number = 1; number < 1000; ++number) {
            fixture.world.on_template(make_template((1 << 20) + number, 1, 0x17030000, 4000));
            client.session().on_job(fixture.world.now);
            largest = std::max(largest, client.session().output().size());
        }
    }
    CHECK(client.session().closing() == CloseReason::slow_reader);
    CHECK(largest < output_bytes_max + 8 * 1024);
}

TEST_CASE("Honest refusals are never punished and lies are") {
    Fixture fixture;
    Client client(fixture.world);
    client.login();
    const auto old_line = client.submit(1);
    for (std::uint64_t i = 0; i < 2; ++i) {
        fixture.world.on_template(
            make_template((1 << 20) + 1 + i, static_cast<std::uint8_t>(2 + i), 0x17030000));
        client.session().on_job(fixture.world.now);
    }
    client.hear();
    auto unknown = client.submit(1);
    unknown.replace(unknown.find(client.job()), client.job().size(), "abc");
    auto bits = client.submit(1);
    bits.insert(bits.rfind(']'), R"(,"80000000")");
    for (int i = 0; i < 2000; ++i) client.say(old_line + unknown + bits);
    CHECK(client.session().closing() == CloseReason::none);
    for (int i = 0; i < 50; ++i)
        client.say(R"({"id":1,"method":"mining.submit","params":["u"]})"
                   "\n");
    CHECK(client.session().closing() == CloseReason::misbehaviour);
}

TEST_CASE("A connection takes so many workers and no more") {
    Fixture fixture;
    Client client(fixture.world);
    client.login();
    for (std::size_t i = 1; i < workers_per_session_max; ++i)
        client.say(R"({"id":2,"method":"mining.authorize","params":[")" + std::string(test_address) + ".w" +
                   std::to_string(i) + R"(","x"]})" + "\n");
    CHECK(client.last_code() == 0);
    client.say(R"({"id":2,"method":"mining.authorize","params":[")" + std::string(test_address) +
               R"(.more","x"]})" + "\n");
    CHECK(client.last_code() == 24);
    CHECK(client.session().closing() == CloseReason::none);
}

TEST_CASE("A pool without free prefixes says so") {
    struct Full final : PoolWorld {
        std::optional<Prefix> allocate_prefix(Instant) override { return std::nullopt; }
    } world;
    world.on_template(make_template(1 << 20, 1, 0x17030000));
    Client client(world);
    client.login();
    CHECK(client.session().closing() == CloseReason::prefixes_exhausted);
    CHECK(client.answers[0]["error"][0] == 20);
}

TEST_CASE("An idle session that is logged in takes at most four KiB") {
    Fixture fixture;
    constexpr std::size_t count = 2000;
    std::vector<std::unique_ptr<Client>> clients;
    Client first(fixture.world);  // pays for the job that all share
    first.login();
    clients.reserve(count);
    const auto before = mallinfo2().uordblks;
    for (std::size_t i = 0; i < count; ++i) {
        auto& client = *clients.emplace_back(std::make_unique<Client>(fixture.world));
        client.login();
        client.say(client.submit(static_cast<std::uint32_t>(i)));
        std::string().swap(client.session().output());  // the shard lends this buffer
        client.forget();
    }
    const auto each = (mallinfo2().uordblks - before) / count;
    std::printf("an idle V1 session takes %zu bytes, %zu of them itself\n", each,
                sizeof(stratum::v1::Session));
    CHECK(each <= 4096);
}

// The pool over real loopback sockets, with real journals in a folder of the test.

#include "tests/unit/server/pool/pool_world.h"

#include "tests/catch.h"

using namespace server::pool;
using namespace server::pool::testing;

TEST_CASE("A share over a socket is journaled before it is answered, and a second time refused") {
    TemporaryFolder folder;
    {
        RunningPool pool(folder.path());
        Client client(pool.port());
        const auto job = client.start();
        int accepted = 0;
        for (int nonce = 0; nonce < 20; ++nonce) {
            const auto answer = client.submit(job, nonce);
            if (answer != R"({"id":9,"result":true,"error":null})") continue;
            ++accepted;
            CHECK(pool.journals->writer(0).written_sequence() >= static_cast<std::uint64_t>(accepted));
            CHECK(client.submit(job, nonce).find("[22,") != std::string::npos);
        }
        CHECK(accepted > 15);
        CHECK(pool.metrics->shares_accepted() == static_cast<std::uint64_t>(accepted));
        CHECK(client.submit("abc", 1).find("[21,") != std::string::npos);
    }
}

TEST_CASE("Old work is good until the new tip's job was sent, and stale after") {
    TemporaryFolder folder;
    RunningPool pool(folder.path());
    Client client(pool.port());
    const auto old_job = client.start();
    pool.tip(2);
    const auto notify = client.line_with("mining.notify");
    CHECK(notify.find(",true]}") != std::string::npos);
    CHECK(client.submit(old_job, 3).find("Stale share") != std::string::npos);
    int accepted = 0;
    for (int nonce = 0; nonce < 3; ++nonce)
        accepted += client.submit(Client::job_of(notify), nonce).find("true") != std::string::npos ? 1 : 0;
    CHECK(accepted > 0);
}

TEST_CASE("A share that meets the network target is handed to the nodes, also when it is no new share") {
    TemporaryFolder folder;
    RunningPool pool(folder.path(), 0x2100ffff);  // nearly every hash is a block
    Client client(pool.port());
    const auto job = client.start();
    CHECK(client.submit(job, 1).find("true") != std::string::npos);
    CHECK(client.submit(job, 1).find("[22,") != std::string::npos);
    const std::lock_guard lock(pool.mutex);
    REQUIRE(pool.blocks.size() == 2);
    CHECK(stratum::sha256d(pool.blocks[0].header) == pool.blocks[0].hash);
    CHECK(pool.blocks[0].coinbase.size() > 100);
}

TEST_CASE("A resumed session has its extranonce and its duplicates again, after a restart its extranonce") {
    TemporaryFolder folder;
    std::string session_id, first;
    {
        RunningPool pool(folder.path());
        std::string job;
        {
            Client client(pool.port());
            job = client.start();
            first = client.subscribed;
            REQUIRE(client.submit(job, 1).find("true") != std::string::npos);
        }
        session_id = Client::session_id_of(first);
        std::string resumed;
        // The server may see the end of the old connection after the beginning of the new one.
        for (int tries = 0; tries < 100 && resumed != first; ++tries) {
            Client again(pool.port());
            again.start(session_id);
            resumed = again.subscribed;
            if (resumed == first) CHECK(again.submit(job, 1).find("[22,") != std::string::npos);
        }
        CHECK(resumed == first);
    }
    RunningPool pool(folder.path());
    Client client(pool.port());
    client.start(session_id);
    CHECK(client.subscribed == first);
    Client thief(pool.port());
    auto forged = session_id;
    forged.back() = forged.back() == '0' ? '1' : '0';
    thief.start(forged);
    CHECK(thief.subscribed != first);
}

TEST_CASE("A session is resumed on whatever shard its client arrives, however it says so") {
    TemporaryFolder folder;
    RunningPool pool(folder.path(), 0x17030000, false, 3);
    std::string job, first;
    {
        Client client(pool.port());
        job = client.start();
        first = client.subscribed;
        REQUIRE(client.submit(job, 1).find("true") != std::string::npos);
    }
    const auto id = Client::session_id_of(first);
    const std::string configure = R"({"id":3,"method":"mining.configure","params":[["version-rolling"],)"
                                  R"({"version-rolling.mask":"1fffe000"}]})"
                                  "\n";
    const std::string subscribe =
        R"({"id":1,"method":"mining.subscribe","params":["test/1",")" + id + "\"]}\n";
    for (int i = 0; i < 40; ++i) {  // all on one of three shards: once in 3^39
        pool.wait_until_alone();
        Client again(pool.port());
        switch (i % 4) {
            case 0:
                again.start(id);
                break;
            case 1:  // as most firmware does
                again.say(configure);
                CHECK(again.line().find(R"("version-rolling":true)") != std::string::npos);
                again.start(id);
                break;
            case 2:
                again.say(configure + subscribe.substr(0, 20));
                CHECK(again.line().find(R"("version-rolling":true)") != std::string::npos);
                again.say(subscribe.substr(20));
                again.subscribed = again.line();
                break;
            default:
                again.say(configure + subscribe);
                CHECK(again.line().find(R"("version-rolling":true)") != std::string::npos);
                again.subscribed = again.line();
        }
        CHECK(again.subscribed == first);
        if (i % 4 < 2) CHECK(again.submit(job, 1).find("[22,") != std::string::npos);
    }
    pool.wait_until_alone();
    CHECK(pool.metrics->sessions() == 0);
}

TEST_CASE("A client that logged in before it names another shard's session stays, and so does a liar") {
    TemporaryFolder folder;
    RunningPool pool(folder.path(), 0x17030000, false, 2);
    for (int i = 0; i < 20; ++i) {
        Client client(pool.port());
        client.say(R"({"id":2,"method":"mining.authorize","params":[")" + std::string(user) +
                   R"(.rig","mining.configure"]})" + "\n");
        CHECK(client.line().find("true") != std::string::npos);
        client.start((i % 2 == 0 ? "00ffffff" : "01ffffff") + std::string(16, 'a'));
        CHECK(!client.subscribed.empty());
        Client liar(pool.port());
        const auto job = liar.start((i % 2 == 0 ? "00ffffff" : "01ffffff") + std::string(16, 'a'));
        CHECK(liar.subscribed.find("ffffff") == std::string::npos);
        CHECK(liar.submit(job, 1).find("\"id\":9") != std::string::npos);
    }
}

TEST_CASE("Miners are sent away when no templates come any more") {
    TemporaryFolder folder;
    RunningPool pool(folder.path());
    Client client(pool.port());
    client.start();
    pool.pool->on_flow(false);
    CHECK(client.line().empty());
}

TEST_CASE("A wrong port, a stranger's TLS hello and a flood of junk harm nobody else") {
    TemporaryFolder folder;
    RunningPool pool(folder.path());
    Client good(pool.port());
    const auto job = good.start();
    Client tls(pool.port());
    tls.say(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9));
    CHECK(tls.line().empty());
    Client web(pool.port());
    web.say("GET / HTTP/1.1\r\n\r\n");
    CHECK(web.line().find("400 Bad Request") != std::string::npos);
    Client junk(pool.port());
    for (int i = 0; i < 5; ++i) junk.say("what is this\n");
    for (int i = 0; i < 5; ++i) CHECK(junk.line().find("Not JSON") != std::string::npos);
    CHECK(junk.line().empty());
    Client endless(pool.port());
    endless.say(std::string(9000, 'x'));
    CHECK(endless.line().find("Line too long") != std::string::npos);
    CHECK(good.submit(job, 5).find("\"id\":9") != std::string::npos);
}

TEST_CASE("In strict mode an accepted share is on the disk itself before its answer leaves") {
    TemporaryFolder folder;
    RunningPool pool(folder.path(), 0x17030000, true);
    Client client(pool.port());
    auto job = client.start();
    int accepted = 0;
    for (int nonce = 0; nonce < 30; ++nonce) {
        if (nonce == 15) {
            pool.tip(2);
            job = Client::job_of(client.line_with("mining.notify"));
        }
        if (client.submit(job, nonce).find("true") == std::string::npos) continue;
        ++accepted;
        CHECK(pool.journals->writer(0).synced_sequence() == pool.journals->writer(0).written_sequence());
    }
    CHECK(accepted > 20);
}

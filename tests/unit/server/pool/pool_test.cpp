// The pool over real loopback sockets, with real journals in a folder of the test.

#include "server/pool/pool.h"
#include "tests/catch.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <thread>

#include "server/pool/connection.h"
#include "server/pool/journal_reader.h"
#include "tests/unit/stratum/v1/pool_world.h"

using namespace server::pool;
namespace fs = std::filesystem;

namespace {

constexpr const char* user = stratum::v1::testing::test_address;

class Client {
  public:
    explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(connect(socket_.descriptor(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    void say(const std::string& text) {
        REQUIRE(send(socket_.descriptor(), text.data(), text.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(text.size()));
    }
    // The next line, or empty when the server closed or nothing came for ten seconds.
    std::string line() {
        while (true) {
            if (const auto end = input_.find('\n'); end != std::string::npos) {
                auto out = input_.substr(0, end);
                input_.erase(0, end + 1);
                return out;
            }
            pollfd ready{socket_.descriptor(), POLLIN, 0};
            char piece[4096];
            if (poll(&ready, 1, 10'000) <= 0) return {};
            const auto count = recv(socket_.descriptor(), piece, sizeof piece, 0);
            if (count <= 0) return {};
            input_.append(piece, static_cast<std::size_t>(count));
        }
    }
    std::string line_with(const std::string& text) {
        for (auto next = line(); !next.empty(); next = line())
            if (next.find(text) != std::string::npos) return next;
        return {};
    }
    // Subscribes, logs in and returns the id of the first job.
    std::string start(const std::string& session_id = "") {
        say(R"({"id":1,"method":"mining.subscribe","params":["test/1")" +
            (session_id.empty() ? "" : ",\"" + session_id + "\"") + "]}\n" +
            R"({"id":2,"method":"mining.authorize","params":[")" + user + R"(.rig","d=0.0000000002"]})" +
            "\n");
        subscribed = line();
        return job_of(line_with("mining.notify"));
    }
    static std::string job_of(const std::string& notify) {
        const auto from = notify.find("\"params\":[\"") + 11;
        return notify.substr(from, notify.find('"', from) - from);
    }
    static std::string session_id_of(const std::string& subscribed) {
        const auto from = subscribed.find("mining.notify\",\"") + 16;
        return subscribed.substr(from, subscribed.find('"', from) - from);
    }
    std::string submit(const std::string& job, int nonce) {
        char line[512];
        std::snprintf(
            line, sizeof line,
            R"({"id":9,"method":"mining.submit","params":["%s.rig","%s","0000000000000000","6553f100","%08x"]})"
            "\n",
            user, job.c_str(), nonce);
        say(line);
        return this->line_with("\"id\":9");
    }
    std::string subscribed;

  private:
    File socket_;
    std::string input_;
};

class RunningPool {
  public:
    explicit RunningPool(fs::path at, std::uint32_t nbits = 0x17030000, bool strict = false,
                         unsigned shards = 1)
        : folder(std::move(at)) {
        PoolOptions options;
        options.data_dir = folder;
        options.shards = shards;
        options.vardiff = false;
        options.journal_strict = strict;
        options.payout_script = stratum::Bytes(22, 1);
        ListenerOptions listener;
        listener.address = "127.0.0.1";
        listener.port = 0;
        listener.difficulty_min = listener.difficulty_start = *stratum::Difficulty::fraction(32);
        options.listeners = {listener};
        fs::create_directories(folder);
        auto opened = Journals::open({folder / "journal", shards, std::chrono::milliseconds(1), {}});
        REQUIRE(opened.has_value());
        journals = std::move(*opened);
        journals->start();
        metrics = std::make_unique<server::Metrics>(
            server::MetricNames{std::vector<std::string>(stratum::reject_reason_count, "x"),
                                {"stratum_v1", "stratum_v1_tls"}},
            shards);
        auto made = Pool::open(options, *journals, *metrics, [this](server::node::BlockCandidate block) {
            const std::lock_guard lock(mutex);
            blocks.push_back(std::move(block));
        });
        INFO((made ? "" : made.error()));
        REQUIRE(made.has_value());
        pool = std::move(*made);
        pool->start();
        pool->on_template(stratum::v1::testing::make_template(next_template_++, 1, nbits));
    }
    void tip(std::uint8_t tip) {
        pool->on_template(stratum::v1::testing::make_template(next_template_++, tip, 0x17030000));
    }
    ~RunningPool() {
        pool->stop();
        journals->stop();
    }
    [[nodiscard]] std::uint16_t port() const { return pool->listeners().front().port; }
    // Until the ends of all connections were seen.
    void wait_until_alone() const {
        while (metrics->sessions() != 0) std::this_thread::yield();
    }

    fs::path folder;
    std::unique_ptr<Journals> journals;
    std::unique_ptr<server::Metrics> metrics;
    std::unique_ptr<Pool> pool;
    std::mutex mutex;
    std::vector<server::node::BlockCandidate> blocks;

  private:
    std::uint64_t next_template_ = 1 << 20;
};

struct Folder {
    Folder() {
        std::string form = (fs::temp_directory_path() / "hashyard-pool-XXXXXX").string();
        path = mkdtemp(form.data());
    }
    ~Folder() { fs::remove_all(path); }
    fs::path path;
};

}  // namespace

TEST_CASE("A share over a socket is journaled before it is answered, and a second time refused") {
    Folder folder;
    {
        RunningPool pool(folder.path);
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
    Folder folder;
    RunningPool pool(folder.path);
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
    Folder folder;
    RunningPool pool(folder.path, 0x2100ffff);  // nearly every hash is a block
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
    Folder folder;
    std::string session_id, first;
    {
        RunningPool pool(folder.path);
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
    RunningPool pool(folder.path);
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
    Folder folder;
    RunningPool pool(folder.path, 0x17030000, false, 3);
    std::string job, first;
    {
        Client client(pool.port());
        job = client.start();
        first = client.subscribed;
        REQUIRE(client.submit(job, 1).find("true") != std::string::npos);
    }
    const auto id = Client::session_id_of(first);
    const std::string configure =
        R"({"id":3,"method":"mining.configure","params":[["version-rolling"],)"
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
    Folder folder;
    RunningPool pool(folder.path, 0x17030000, false, 2);
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
    Folder folder;
    RunningPool pool(folder.path);
    Client client(pool.port());
    client.start();
    pool.pool->on_flow(false);
    CHECK(client.line().empty());
}

TEST_CASE("A wrong port, a stranger's TLS hello and a flood of junk harm nobody else") {
    Folder folder;
    RunningPool pool(folder.path);
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
    Folder folder;
    RunningPool pool(folder.path, 0x17030000, true);
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

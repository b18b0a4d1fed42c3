// The real server on a port the system chooses, spoken to through plain sockets.
#include "server/http/server.h"
#include "tests/catch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <prometheus/registry.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "server/metrics.h"
#include "tests/unit/server/http/sample_world.h"

using namespace server::http;
using namespace std::chrono_literals;

namespace {

class Client {
  public:
    explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            throw std::runtime_error("connect");
        }
    }
    ~Client() { ::close(socket_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void send(const std::string& text) const {
        if (::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) < 0)
            return;  // the reply tells what came of it
    }
    // What has come when `enough` stands in it, or the peer closed, or ten seconds passed (which fails the
    // test).
    std::string receive_until(const std::string& enough) {
        while (enough.empty() || text_.find(enough) == std::string::npos) {
            pollfd wait{socket_, POLLIN, 0};
            if (::poll(&wait, 1, 10'000) != 1)
                throw std::runtime_error("nothing came in ten seconds: " + text_);
            char bytes[4096];
            const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
            if (count <= 0) break;
            text_.append(bytes, static_cast<std::size_t>(count));
        }
        return text_;
    }
    std::string receive_all() { return receive_until(""); }

  private:
    int socket_;
    std::string text_;
};

struct World {
    sample::Statistics statistics;
    server::Metrics metrics{{{"stale"}, {"stratum_v1"}}, 1};
    std::unique_ptr<HttpServer> server;

    explicit World(HttpLimits limits = {}) {
        Services services;
        services.live = [] { return sample::live_pool(); };
        services.statistics = &statistics;
        services.metrics = [this](const server::PoolReadings& readings) { return metrics.text(readings); };
        HttpOptions options;
        options.address = "127.0.0.1";
        options.port = 0;
        server = std::make_unique<HttpServer>(options, services, metrics.registry(), limits);
        server->start();
    }
    std::string ask(const std::string& bytes) const {
        Client client(server->port());
        client.send(bytes);
        return client.receive_all();
    }
    std::string get(const std::string& target, const std::string& fields = "") const {
        return ask("GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + fields + "\r\n");
    }
};

std::string status_of(const std::string& reply) { return reply.substr(0, reply.find("\r\n")); }
std::string body_of(const std::string& reply) { return reply.substr(reply.find("\r\n\r\n") + 4); }

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
    return count;
}

}  // namespace

TEST_CASE("What is not HTTP, or not well formed, is answered with a problem and closed") {
    const World world;
    struct Case {
        const char* bytes;
        const char* status;
    };
    for (const Case& one :
         {Case{"hello\r\n\r\n", "HTTP/1.1 400 Bad Request"},
          Case{"{\"id\":1,\"method\":\"mining.subscribe\"}\n\r\n\r\n", "HTTP/1.1 400 Bad Request"},
          Case{"GET /\r\n\r\n", "HTTP/1.1 400 Bad Request"},
          Case{"GET / HTTP/2.0\r\n\r\n", "HTTP/1.1 505 HTTP Version Not Supported"},
          Case{"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request"},
          Case{"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "HTTP/1.1 400 Bad Request"},
          Case{"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", "HTTP/1.1 400 Bad Request"},
          Case{"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 Bad Request"},
          Case{"GET /%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 Bad Request"},
          Case{"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
               "HTTP/1.1 400 Bad Request"},
          Case{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
               "HTTP/1.1 400 Bad Request"}}) {
        INFO(one.bytes);
        const std::string reply = world.ask(one.bytes);
        CHECK(status_of(reply) == one.status);
        CHECK(reply.find("Content-Type: application/problem+json\r\n") != std::string::npos);
        CHECK(reply.find("Connection: close\r\n") != std::string::npos);
    }
}

TEST_CASE("What is too long is refused by its own status") {
    const World world;
    CHECK(status_of(world.get("/" + std::string(3'000, 'a'))) == "HTTP/1.1 414 URI Too Long");
    CHECK(status_of(world.get("/" + std::string(20'000, 'a'))) == "HTTP/1.1 414 URI Too Long");
    CHECK(status_of(world.get("/", "X: " + std::string(9'000, 'a') + "\r\n")) ==
          "HTTP/1.1 431 Request Header Fields Too Large");
    std::string many;
    for (int i = 0; i < 3'000; ++i) many += "A: b\r\n";
    CHECK(status_of(world.get("/", many)) == "HTTP/1.1 431 Request Header Fields Too Large");
    CHECK(status_of(world.get("/", "Content-Length: 65537\r\n")) == "HTTP/1.1 413 Content Too Large");
    CHECK(status_of(world.get("/", "Content-Length: 99999999999999999999999\r\n")) ==
          "HTTP/1.1 400 Bad Request");
    const std::string chunk = "8000\r\n" + std::string(0x8000, 'x') + "\r\n";
    CHECK(status_of(world.ask("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk +
                              chunk + chunk)) == "HTTP/1.1 413 Content Too Large");
}

TEST_CASE("A path that is not there is 404, a verb that is not taken 405 with Allow, an unknown one 501") {
    const World world;
    CHECK(status_of(world.get("/nothing")) == "HTTP/1.1 404 Not Found");
    CHECK(status_of(world.get("/etc/passwd")) == "HTTP/1.1 404 Not Found");
    for (const char* path : {"/", "/api/v1/pool", "/status.css"}) {
        const std::string reply =
            world.ask(std::string("POST ") + path +
                      " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
        CHECK(status_of(reply) == "HTTP/1.1 405 Method Not Allowed");
        CHECK(reply.find("Allow: GET, HEAD\r\n") != std::string::npos);
    }
    CHECK(status_of(world.ask("BREW / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")) ==
          "HTTP/1.1 501 Not Implemented");
}

TEST_CASE("Every reply carries the fields that keep a browser safe") {
    const World world;
    for (const char* path : {"/", "/nothing", "/api/v1/pool", "/metrics"}) {
        const std::string reply = world.get(path);
        INFO(reply);
        CHECK(reply.find("Content-Security-Policy: default-src 'none'; script-src 'self';") !=
              std::string::npos);
        CHECK(reply.find("unsafe-inline") == std::string::npos);
        CHECK(reply.find("X-Content-Type-Options: nosniff\r\n") != std::string::npos);
        CHECK(reply.find("Referrer-Policy: no-referrer\r\n") != std::string::npos);
        CHECK(reply.find("Cache-Control: no-") != std::string::npos);
    }
}

TEST_CASE("HEAD tells the length and sends no body, If-None-Match is answered 304") {
    const World world;
    const std::string whole = world.get("/");
    const std::string head = world.ask("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(status_of(head) == "HTTP/1.1 200 OK");
    CHECK(body_of(head).empty());
    CHECK(head.find("Content-Length: " + std::to_string(body_of(whole).size()) + "\r\n") !=
          std::string::npos);
    const std::size_t at = whole.find("ETag: ") + 6;
    const std::string etag = whole.substr(at, whole.find("\r\n", at) - at);
    const std::string unchanged = world.get("/", "If-None-Match: " + etag + "\r\n");
    CHECK(status_of(unchanged) == "HTTP/1.1 304 Not Modified");
    CHECK(body_of(unchanged).empty());
    CHECK(unchanged.find("ETag: " + etag) != std::string::npos);
}

TEST_CASE("Requests sent at once are answered in order on one connection, up to its maximum") {
    HttpLimits limits;
    limits.requests_per_connection_max = 3;
    const World world(limits);
    const std::string one = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    const std::string replies = world.ask(one + "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" + one + one + one);
    CHECK(count_of(replies, "HTTP/1.1 ") == 3);
    CHECK(count_of(replies, "Connection: close\r\n") == 1);
    CHECK(replies.find("404 Not Found") > replies.find("200 OK"));
}

TEST_CASE("HTTP/1.0 is answered and closed unless it asks to stay") {
    const World world;
    const std::string reply = world.ask("GET /healthz HTTP/1.0\r\n\r\n");
    CHECK(status_of(reply) == "HTTP/1.1 200 OK");
    CHECK(reply.find("Connection: close\r\n") != std::string::npos);
}

TEST_CASE("A request that drips is closed at its deadline, an idle connection at its own") {
    HttpLimits limits;
    limits.request_timeout = 50ms;
    limits.idle_timeout = 100ms;
    const World world(limits);
    Client dripping(world.server->port());
    dripping.send("GET / HT");
    CHECK(dripping.receive_all().empty());
    Client idle(world.server->port());
    CHECK(idle.receive_all().empty());
    Client kept(world.server->port());
    kept.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(count_of(kept.receive_all(), "HTTP/1.1 200 OK") == 1);
    CHECK(world.get("/metrics").find("hashyard_http_timeouts_total 3\n") != std::string::npos);
}

TEST_CASE("One connection too many is told so with Retry-After, and the others are served on") {
    HttpLimits limits;
    limits.connections_max = 2;
    const World world(limits);
    Client first(world.server->port());
    Client second(world.server->port());
    first.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    second.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    first.receive_until("\r\n\r\n");
    second.receive_until("\r\n\r\n");
    const std::string refused = world.get("/healthz");
    CHECK(status_of(refused) == "HTTP/1.1 503 Service Unavailable");
    CHECK(refused.find("Retry-After: 5\r\n") != std::string::npos);
    first.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(first.receive_until("_refused_total 1\n").find("hashyard_http_connections_refused_total 1\n") !=
          std::string::npos);
}

TEST_CASE(
    "History is read on the database threads and is 503 when PostgreSQL is away, the pool's page is not") {
    World world;
    CHECK(status_of(world.get("/api/v1/blocks")) == "HTTP/1.1 200 OK");
    CHECK(status_of(world.get("/api/v1/users/bob/workers")) == "HTTP/1.1 200 OK");
    world.statistics.away = true;
    CHECK(status_of(world.get("/api/v1/blocks")) == "HTTP/1.1 503 Service Unavailable");
    CHECK(status_of(world.get("/api/v1/pool")) == "HTTP/1.1 200 OK");
}

TEST_CASE("A database that hangs costs a request its deadline, not its connection, and shows as away") {
    HttpLimits limits;
    limits.database_timeout = 30ms;
    limits.history_age_max = 1ms;
    World world(limits);
    world.statistics.hang = true;
    const std::string reply = world.get("/api/v1/blocks");
    CHECK(status_of(reply) == "HTTP/1.1 503 Service Unavailable");
    CHECK(reply.find("takes too long") != std::string::npos);
    CHECK(world.get("/api/v1/pool").find("\"database_available\":false") != std::string::npos);
    world.statistics.hang = false;
    world.statistics.hang.notify_all();
    CHECK(status_of(world.get("/api/v1/blocks")) == "HTTP/1.1 200 OK");
}

TEST_CASE("More questions than the database threads may hold are refused, not queued") {
    HttpLimits limits;
    limits.database_queries_max = 0;
    const World world(limits);
    const std::string reply = world.get("/api/v1/blocks");
    CHECK(status_of(reply) == "HTTP/1.1 503 Service Unavailable");
    CHECK(reply.find("problem:busy") != std::string::npos);
}

TEST_CASE("A port that is taken is refused with what to do") {
    const World world;
    HttpOptions options;
    options.address = "127.0.0.1";
    options.port = world.server->port();
    prometheus::Registry registry;
    HttpServer second(options, {}, registry);
    CHECK_THROWS_WITH(second.start(), Catch::Matchers::ContainsSubstring("choose another port"));
    options.address = "localhost";
    prometheus::Registry other;
    HttpServer third(options, {}, other);
    CHECK_THROWS_WITH(third.start(), Catch::Matchers::ContainsSubstring("not an IPv4 or IPv6 address"));
}

TEST_CASE("Stopping closes idle connections at once and can be done twice") {
    World world;
    Client idle(world.server->port());
    idle.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    idle.receive_until("\r\n\r\n");
    const auto before = std::chrono::steady_clock::now();
    world.server->stop();
    world.server->stop();
    CHECK(std::chrono::steady_clock::now() - before < 900ms);
    idle.receive_all();
    CHECK_THROWS(Client(world.server->port()));
}

// One request against a server that lies and dawdles: each ends in time, with what went wrong.

#include "server/prices/http_get.h"

#include "tests/catch.h"
#include "tests/simulators/price_stub.h"
#include "tests/temporary_folder.h"

using namespace server::prices;
using simulators::PriceStub;
using Manner = simulators::PriceStub::Manner;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

// Far above what an answer takes here, far below what would be a hang.
constexpr milliseconds patience{3000};
constexpr milliseconds short_patience{150};
constexpr milliseconds never{10'000};

HttpUrl url_of(const PriceStub& stub, const std::string& scheme = "http",
               const std::string& host = "127.0.0.1") {
    return parse_http_url(scheme + "://" + host + ":" + std::to_string(stub.port()) + "/price?pair=BTCUSD")
        .value();
}

std::string problem_of(PriceStub& stub, milliseconds deadline = patience) {
    HttpGet http("");
    const auto answer = http.get(url_of(stub), deadline);
    CHECK(answer.body.empty());
    return answer.problem;
}

}  // namespace

TEST_CASE("an answer comes whole, with or without its length, and the question names host and path") {
    PriceStub stub;
    HttpGet http("");
    stub.set(Manner::answer, "{\"price\":1}");
    CHECK(http.get(url_of(stub), patience).body == "{\"price\":1}");
    const auto question = stub.last_question();
    CHECK(question.find("GET /price?pair=BTCUSD HTTP/1.1\r\n") == 0);
    CHECK(question.find("\r\nHost: 127.0.0.1:" + std::to_string(stub.port()) + "\r\n") != std::string::npos);
    stub.set(Manner::no_length, "{\"price\":2}");
    CHECK(http.get(url_of(stub), patience).body == "{\"price\":2}");
    CHECK(http.get(url_of(stub, "http", "localhost"), patience).body == "{\"price\":2}");
}

TEST_CASE("what is no whole answer with status 200 is a problem and no body") {
    PriceStub stub;
    stub.set(Manner::answer, "{}", "302 Found", "Location: http://127.0.0.1:1/\r\n");
    CHECK(problem_of(stub) == "HTTP 302: redirects are not followed; write the final address");
    stub.set(Manner::answer, "{}", "500 Internal Server Error");
    CHECK(problem_of(stub) == "HTTP 500");
    stub.set(Manner::answer, "{}", "429 Too Many Requests");
    CHECK(problem_of(stub) == "HTTP 429");
    stub.set(Manner::answer, "", "204 No Content");
    CHECK(problem_of(stub) == "HTTP 204");
    stub.set(Manner::cut_body, "{\"price\":1}");
    CHECK(problem_of(stub) == "partial message");
    stub.set(Manner::hang_up, "");
    CHECK(problem_of(stub) == "end of stream");
    stub.set(Manner::answer, std::string(answer_bytes_max + 1, 'x'));
    CHECK(problem_of(stub) == "body limit exceeded");
    stub.set(Manner::no_length, std::string(2 * answer_bytes_max, 'x'));
    CHECK(problem_of(stub) == "body limit exceeded");
    stub.set(Manner::answer, "{}", "200 OK", "X: " + std::string(20'000, 'x') + "\r\n");
    CHECK(problem_of(stub) == "header limit exceeded");
    stub.set(Manner::answer, "{}", "what\x01");
    CHECK(!problem_of(stub).empty());
    stub.set(Manner::answer, "{}", "200 OK", "Content-Length: -5\r\n");
    CHECK(!problem_of(stub).empty());
    CHECK(stub.questions() == 11);
}

TEST_CASE("who is silent or stalls is given up at the deadline, and the next question is asked anew") {
    PriceStub stub;
    HttpGet http("");
    for (const auto manner : {Manner::silent, Manner::stall}) {
        stub.set(manner, "{\"price\":1}");
        const auto start = steady_clock::now();
        CHECK(http.get(url_of(stub), short_patience).problem == "no answer in time");
        CHECK(steady_clock::now() - start < never);
    }
    stub.set(Manner::answer, "{\"price\":3}");
    CHECK(http.get(url_of(stub), patience).body == "{\"price\":3}");
}

TEST_CASE("a port where nobody listens and a name that nobody has are told with their names") {
    std::uint16_t port = 0;
    { port = PriceStub().port(); }
    HttpGet http("");
    const auto refused =
        http.get(parse_http_url("http://127.0.0.1:" + std::to_string(port) + "/").value(), patience);
    CHECK(refused.problem == "127.0.0.1:" + std::to_string(port) + ": Connection refused");
}

TEST_CASE("over TLS the certificate must be known and name the host") {
    tests::TemporaryFolder folder;
    simulators::write_certificate(folder.path().string());
    PriceStub stub(folder.path().string());
    stub.set(Manner::answer, "{\"price\":1}");
    const auto certificate = (folder.path() / "cert.pem").string();
    HttpGet trusting(certificate);
    const auto answer = trusting.get(url_of(stub, "https", "localhost"), patience);
    CHECK(answer.problem == "");
    CHECK(answer.body == "{\"price\":1}");
    CHECK(trusting.get(url_of(stub, "https", "127.0.0.1"), patience)
              .problem.find("certificate verify failed") != std::string::npos);
    HttpGet strict("");
    CHECK(
        strict.get(url_of(stub, "https", "localhost"), patience).problem.find("certificate verify failed") !=
        std::string::npos);
    HttpGet without((folder.path() / "none.pem").string());
    CHECK(without.get(url_of(stub, "https", "localhost"), patience)
              .problem.find("the certificates of authorities") == 0);
    CHECK(!trusting.get(url_of(stub, "http", "localhost"), patience).problem.empty());
    // A body without a length that ends without TLS's own goodbye may be cut.
    stub.set(Manner::cut_body, "{\"price\":1}");
    CHECK(!trusting.get(url_of(stub, "https", "localhost"), patience).problem.empty());
}

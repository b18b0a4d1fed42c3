#pragma once
// A venue's HTTP interface on the loopback interface, for tests of prices. It can lie and dawdle. A thread of
// its own serves one connection after another.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace simulators {

class PriceStub {
  public:
    enum class Manner {
        answer,    // the body, whole
        silent,    // reads the question and says nothing more
        stall,     // sends half of the body and no more
        hang_up,   // closes without an answer
        cut_body,  // says more bytes than it sends, and closes
        no_length  // closes the connection to end the body
    };
    // With a folder it speaks TLS with the cert.pem and key.pem there.
    explicit PriceStub(const std::string& tls_folder = "");
    ~PriceStub();
    PriceStub(const PriceStub&) = delete;
    PriceStub& operator=(const PriceStub&) = delete;

    void set(Manner manner, std::string body, std::string status = "200 OK", std::string headers = "");
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] int questions() const { return questions_; }
    [[nodiscard]] std::string last_question();

  private:
    struct Peer;
    void run();
    void serve(int socket);
    void reply(Peer& peer);

    std::uint16_t port_ = 0;
    int listener_ = -1;
    void* tls_ = nullptr;  // SSL_CTX
    std::mutex mutex_;     // what follows
    Manner manner_ = Manner::answer;
    std::string body_;
    std::string status_ = "200 OK";
    std::string headers_;
    std::string last_question_;
    std::atomic<int> questions_{0};
    std::atomic<bool> stopping_{false};
    std::vector<int> kept_open_;
    std::thread thread_;
};

// A key and a certificate of its own for "localhost", as cert.pem and key.pem in the folder.
void write_certificate(const std::string& folder);

}  // namespace simulators

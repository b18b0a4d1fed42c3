#include "tests/simulators/price_stub.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <stdexcept>

#include "tests/simulators/loopback.h"

namespace simulators {

struct PriceStub::Peer {
    int socket = -1;
    SSL* ssl = nullptr;

    long read(char* into, int most) const {
        return ssl != nullptr ? SSL_read(ssl, into, most)
                              : ::recv(socket, into, static_cast<std::size_t>(most), 0);
    }
    void write(const std::string& text) const {
        std::size_t at = 0;
        while (at < text.size()) {
            const auto sent = ssl != nullptr
                                  ? SSL_write(ssl, text.data() + at, static_cast<int>(text.size() - at))
                                  : ::send(socket, text.data() + at, text.size() - at, MSG_NOSIGNAL);
            if (sent <= 0) return;  // the client has enough
            at += static_cast<std::size_t>(sent);
        }
    }
};

PriceStub::PriceStub(const std::string& tls_folder) {
    if (!tls_folder.empty()) {
        auto* context = SSL_CTX_new(TLS_server_method());
        if (SSL_CTX_use_certificate_file(context, (tls_folder + "/cert.pem").c_str(), SSL_FILETYPE_PEM) !=
                1 ||
            SSL_CTX_use_PrivateKey_file(context, (tls_folder + "/key.pem").c_str(), SSL_FILETYPE_PEM) != 1)
            throw std::runtime_error("the price stub has no certificate in " + tls_folder);
        tls_ = context;
    }
    listener_ = listen_on_loopback(port_, "the price stub");
    thread_ = std::thread([this] { run(); });
}

PriceStub::~PriceStub() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    for (const int socket : kept_open_) ::close(socket);
    ::close(listener_);
    SSL_CTX_free(static_cast<SSL_CTX*>(tls_));
}

void PriceStub::set(Manner manner, std::string body, std::string status, std::string headers) {
    const std::lock_guard lock(mutex_);
    manner_ = manner;
    body_ = std::move(body);
    status_ = std::move(status);
    headers_ = std::move(headers);
}

std::string PriceStub::last_question() {
    const std::lock_guard lock(mutex_);
    return last_question_;
}

void PriceStub::run() {
    while (!stopping_) {
        const int socket = ::accept(listener_, nullptr, nullptr);
        if (socket < 0) continue;
        // A client that says nothing must not hold the test up.
        const timeval limit{2, 0};
        ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        serve(socket);
    }
}

void PriceStub::serve(int socket) {
    Peer peer{socket, nullptr};
    if (tls_ != nullptr) {
        peer.ssl = SSL_new(static_cast<SSL_CTX*>(tls_));
        SSL_set_fd(peer.ssl, socket);
        if (SSL_accept(peer.ssl) != 1) {
            SSL_free(peer.ssl);
            ::close(socket);
            return;
        }
    }
    std::string question;
    std::array<char, 4096> chunk{};
    while (question.find("\r\n\r\n") == std::string::npos) {
        const auto bytes = peer.read(chunk.data(), static_cast<int>(chunk.size()));
        if (bytes <= 0) break;
        question.append(chunk.data(), static_cast<std::size_t>(bytes));
    }
    const std::lock_guard lock(mutex_);
    last_question_ = question;
    ++questions_;
    reply(peer);
    const bool keep = manner_ == Manner::silent || manner_ == Manner::stall;
    if (peer.ssl != nullptr) {
        if (!keep && manner_ != Manner::cut_body) SSL_shutdown(peer.ssl);
        SSL_free(peer.ssl);
    }
    if (keep)
        kept_open_.push_back(socket);
    else
        ::close(socket);
}

void PriceStub::reply(Peer& peer) {
    if (manner_ == Manner::silent || manner_ == Manner::hang_up) return;
    std::string head = "HTTP/1.1 " + status_ + "\r\n" + headers_;
    const auto length = body_.size() + (manner_ == Manner::cut_body ? 10 : 0);
    if (manner_ != Manner::no_length) head += "Content-Length: " + std::to_string(length) + "\r\n";
    peer.write(head + "Connection: close\r\n\r\n" +
               (manner_ == Manner::stall ? body_.substr(0, body_.size() / 2) : body_));
}

void write_certificate(const std::string& folder) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* x509 = X509_new();
    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -60);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_set_pubkey(x509, key);
    auto* name = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"),
                               -1, -1, 0);
    X509_set_issuer_name(x509, name);
    X509_sign(x509, key, EVP_sha256());
    FILE* out = std::fopen((folder + "/cert.pem").c_str(), "w");
    PEM_write_X509(out, x509);
    std::fclose(out);
    out = std::fopen((folder + "/key.pem").c_str(), "w");
    PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(out);
    X509_free(x509);
    EVP_PKEY_free(key);
}

}  // namespace simulators

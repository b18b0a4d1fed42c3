// TLS without sockets: OpenSSL's client on one side, the pool's channel on the other.

#include "server/pool/tls.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

using namespace server::pool;
namespace fs = std::filesystem;

namespace {

// A self-signed certificate for `localhost` in a folder of its own.
struct Certificate {
    Certificate() {
        EVP_PKEY* key = EVP_EC_gen("P-256");
        X509* x509 = X509_new();
        X509_set_version(x509, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
        X509_gmtime_adj(X509_getm_notBefore(x509), 0);
        X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
        X509_set_pubkey(x509, key);
        auto* name = X509_get_subject_name(x509);
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
        X509_set_issuer_name(x509, name);
        X509_sign(x509, key, EVP_sha256());
        FILE* out = std::fopen((folder / "cert.pem").c_str(), "w");
        PEM_write_X509(out, x509);
        std::fclose(out);
        out = std::fopen((folder / "key.pem").c_str(), "w");
        PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
        std::fclose(out);
        X509_free(x509);
        EVP_PKEY_free(key);
    }
    tests::TemporaryFolder own;
    const fs::path& folder = own.path();
};

struct TlsClient {
    TlsClient()
        : context(SSL_CTX_new(TLS_client_method())),
          ssl(SSL_new(context)),
          in(BIO_new(BIO_s_mem())),
          out(BIO_new(BIO_s_mem())) {
        SSL_set_bio(ssl, in, out);
        SSL_set_connect_state(ssl);
    }
    ~TlsClient() {
        SSL_free(ssl);
        SSL_CTX_free(context);
    }
    std::string take() {
        std::string bytes(1 << 16, '\0');
        const int n = BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
        bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        return bytes;
    }
    SSL_CTX* context;
    SSL* ssl;
    BIO* in;
    BIO* out;
};

// Carries bytes both ways until neither side has more.
bool exchange(TlsClient& client, TlsChannel& server, std::string& received) {
    for (int i = 0; i < 20; ++i) {
        if (!SSL_is_init_finished(client.ssl)) SSL_do_handshake(client.ssl);
        const auto to_server = client.take();
        if (!to_server.empty() && !server.receive(to_server, received)) return false;
        auto& to_client = server.wire_output();
        if (to_server.empty() && to_client.empty()) return true;
        BIO_write(client.in, to_client.data(), static_cast<int>(to_client.size()));
        to_client.clear();
    }
    return true;
}

}  // namespace

TEST_CASE("Lines go both ways through TLS, also those written before the handshake ends") {
    const Certificate certificate;
    const auto context = TlsContext::load(certificate.folder / "cert.pem", certificate.folder / "key.pem");
    REQUIRE(context.has_value());
    TlsChannel server(**context);
    TlsClient client;
    std::string received;
    REQUIRE(server.send("early\n"));
    REQUIRE(exchange(client, server, received));
    REQUIRE(SSL_is_init_finished(client.ssl));
    SSL_write(client.ssl, "hello\n", 6);
    REQUIRE(exchange(client, server, received));
    CHECK(received == "hello\n");
    REQUIRE(server.send("answer\n"));
    REQUIRE(exchange(client, server, received));
    char text[64] = {};
    std::string heard;
    for (int n = SSL_read(client.ssl, text, sizeof text); n > 0; n = SSL_read(client.ssl, text, sizeof text))
        heard.append(text, static_cast<std::size_t>(n));
    CHECK(heard == "early\nanswer\n");
}

TEST_CASE("Plain text on a TLS port and a broken record end the connection") {
    const Certificate certificate;
    const auto context = TlsContext::load(certificate.folder / "cert.pem", certificate.folder / "key.pem");
    REQUIRE(context.has_value());
    std::string received;
    TlsChannel plain(**context);
    CHECK_FALSE(plain.receive("{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[]}\n", received));
    TlsChannel server(**context);
    TlsClient client;
    REQUIRE(exchange(client, server, received));
    SSL_write(client.ssl, "hello\n", 6);
    auto record = client.take();
    record.back() = static_cast<char>(record.back() ^ 1);
    CHECK_FALSE(server.receive(record, received));
    CHECK(received.empty());
}

TEST_CASE("A TLS channel holds back only so much before the handshake") {
    const Certificate certificate;
    const auto context = TlsContext::load(certificate.folder / "cert.pem", certificate.folder / "key.pem");
    REQUIRE(context.has_value());
    TlsChannel server(**context);
    CHECK(server.send(std::string(TlsChannel::plain_waiting_max, 'x')));
    CHECK_FALSE(server.send("x"));
}

TEST_CASE("A certificate or key that cannot be used is named with the remedy") {
    const Certificate certificate;
    const auto missing = TlsContext::load(certificate.folder / "none.pem", certificate.folder / "key.pem");
    REQUIRE(missing.has_error());
    CHECK(missing.error().find("none.pem") != std::string::npos);
    const Certificate other;
    const auto mismatch = TlsContext::load(certificate.folder / "cert.pem", other.folder / "key.pem");
    REQUIRE(mismatch.has_error());
    CHECK(mismatch.error().find("does not match") != std::string::npos);
}

#include "server/pool/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>

namespace server::pool {
namespace {

struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
};

std::string last_error() {
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    ERR_clear_error();
    return text.data();
}

}  // namespace

struct TlsContext::Impl {
    std::unique_ptr<SSL_CTX, FreeContext> context{SSL_CTX_new(TLS_server_method())};
};

TlsContext::TlsContext() : impl_(std::make_unique<Impl>()) {}
TlsContext::~TlsContext() = default;

boost::system::result<std::unique_ptr<TlsContext>, std::string> TlsContext::load(
    const std::filesystem::path& certificate_chain, const std::filesystem::path& key) {
    std::unique_ptr<TlsContext> out(new TlsContext);
    auto* context = out->impl_->context.get();
    if (context == nullptr) return "OpenSSL cannot make a TLS context: " + last_error();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);  // idle connections hold no record buffers
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    if (SSL_CTX_use_certificate_chain_file(context, certificate_chain.c_str()) != 1)
        return "The TLS certificate " + certificate_chain.string() + " cannot be read (" + last_error() +
               "): give a PEM file with the chain";
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
        return "The TLS key " + key.string() + " cannot be read or does not match the certificate (" +
               last_error() + "): give the PEM key of that certificate";
    return out;
}

struct TlsChannel::Impl {
    std::unique_ptr<SSL, FreeSsl> ssl;
    BIO* from_wire = nullptr;  // owned by ssl
    BIO* to_wire = nullptr;    // owned by ssl
    std::string wire_output;
    std::string plain_waiting;

    void collect() {
        std::array<char, 4096> piece;
        for (int n = BIO_read(to_wire, piece.data(), piece.size()); n > 0;
             n = BIO_read(to_wire, piece.data(), piece.size()))
            wire_output.append(piece.data(), static_cast<std::size_t>(n));
    }
    bool would_block(int result) const {
        const int error = SSL_get_error(ssl.get(), result);
        return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
    }
    bool write(std::string_view plain) {
        while (!plain.empty()) {
            const int n = SSL_write(ssl.get(), plain.data(), static_cast<int>(plain.size()));
            if (n <= 0) return false;
            plain.remove_prefix(static_cast<std::size_t>(n));
        }
        collect();
        return true;
    }
};

TlsChannel::TlsChannel(const TlsContext& context) : impl_(std::make_unique<Impl>()) {
    impl_->ssl.reset(SSL_new(context.impl_->context.get()));
    impl_->from_wire = BIO_new(BIO_s_mem());
    impl_->to_wire = BIO_new(BIO_s_mem());
    SSL_set_bio(impl_->ssl.get(), impl_->from_wire, impl_->to_wire);
    SSL_set_accept_state(impl_->ssl.get());
}
TlsChannel::~TlsChannel() = default;
TlsChannel::TlsChannel(TlsChannel&&) noexcept = default;
TlsChannel& TlsChannel::operator=(TlsChannel&&) noexcept = default;

bool TlsChannel::receive(std::string_view wire, std::string& plain) {
    auto& tls = *impl_;
    ERR_clear_error();
    if (BIO_write(tls.from_wire, wire.data(), static_cast<int>(wire.size())) != static_cast<int>(wire.size()))
        return false;
    if (!SSL_is_init_finished(tls.ssl.get())) {
        const int result = SSL_do_handshake(tls.ssl.get());
        tls.collect();
        if (result != 1) return tls.would_block(result);
        const auto waiting = std::exchange(tls.plain_waiting, {});
        if (!tls.write(waiting)) return false;
    }
    std::array<char, 16384> piece;
    while (true) {
        const int n = SSL_read(tls.ssl.get(), piece.data(), piece.size());
        if (n > 0) {
            plain.append(piece.data(), static_cast<std::size_t>(n));
            continue;
        }
        const bool open = tls.would_block(n);
        tls.collect();
        return open;
    }
}

bool TlsChannel::send(std::string_view plain) {
    if (SSL_is_init_finished(impl_->ssl.get())) return impl_->write(plain);
    if (impl_->plain_waiting.size() + plain.size() > plain_waiting_max) return false;
    impl_->plain_waiting.append(plain);
    return true;
}

std::string& TlsChannel::wire_output() { return impl_->wire_output; }

}  // namespace server::pool

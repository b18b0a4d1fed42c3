#include "fleet/proof/signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace fleet::proof {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

Key private_key(const std::array<std::uint8_t, 32>& secret) {
    Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret.data(), secret.size()),
            EVP_PKEY_free);
    if (!key) throw std::runtime_error("proof: Ed25519 is not available");
    return key;
}

std::string key_line(const PublicKey& key) { return "key " + hex_of(key) + "\n"; }

}  // namespace

SigningKey::SigningKey(const std::array<std::uint8_t, 32>& secret) : secret_(secret) {
    std::size_t size = public_key_.size();
    if (EVP_PKEY_get_raw_public_key(private_key(secret_).get(), public_key_.data(), &size) != 1)
        throw std::runtime_error("proof: Ed25519 is not available");
}

SigningKey::~SigningKey() { OPENSSL_cleanse(secret_.data(), secret_.size()); }

Signature SigningKey::sign(std::string_view text) const {
    Signature out{};
    std::size_t size = out.size();
    const auto key = private_key(secret_);
    const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
        EVP_DigestSign(context.get(), out.data(), &size, bytes_of(text), text.size()) != 1)
        throw std::runtime_error("proof: Ed25519 is not available");
    return out;
}

Hash SigningKey::derive(std::string_view purpose) const {
    std::string bytes = "hashyard derived 1";
    bytes.append(reinterpret_cast<const char*>(secret_.data()), secret_.size());
    bytes += purpose;
    const auto out = sha256(bytes);
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return out;
}

bool verify(const PublicKey& key, std::string_view text, const Signature& signature) {
    const Key opened(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()),
                     EVP_PKEY_free);
    const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    return opened && context &&
           EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, opened.get()) == 1 &&
           EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes_of(text), text.size()) ==
               1;
}

SignedText signed_text(const SigningKey& key, std::string_view text) {
    SignedText out{std::string(text), key.public_key(), {}};
    out.signature = key.sign(out.text + key_line(out.key));
    return out;
}

std::string text_of(const SignedText& signed_text) {
    return signed_text.text + key_line(signed_text.key) + "signature " +
           hex_of(
               {reinterpret_cast<const char*>(signed_text.signature.data()), signed_text.signature.size()}) +
           "\n";
}

std::optional<SignedText> parse_signed_text(std::string_view text) {
    constexpr std::size_t key_bytes = 4 + 64 + 1;
    constexpr std::size_t signature_bytes = 10 + 128 + 1;
    if (text.size() < key_bytes + signature_bytes) return std::nullopt;
    SignedText out;
    out.text = text.substr(0, text.size() - key_bytes - signature_bytes);
    if (!out.text.ends_with('\n')) return std::nullopt;
    const auto lines = text.substr(out.text.size());
    const auto key = hash_of_hex(lines.substr(4, 64));
    const auto signature = bytes_of_hex(lines.substr(key_bytes + 10, 128));
    if (!key || !signature) return std::nullopt;
    out.key = *key;
    std::copy(signature->begin(), signature->end(), reinterpret_cast<char*>(out.signature.data()));
    if (text_of(out) != text) return std::nullopt;
    return out;
}

bool verify(const SignedText& signed_text) {
    return verify(signed_text.key, signed_text.text + key_line(signed_text.key), signed_text.signature);
}

}  // namespace fleet::proof

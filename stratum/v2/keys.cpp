#include "stratum/v2/keys.h"

#include <algorithm>
#include <memory>

#include <openssl/crypto.h>
#include <secp256k1.h>
#include <secp256k1_extrakeys.h>

#include "stratum/v2/curve.h"

namespace stratum::v2 {
namespace {

constexpr int secret_tries_max = 8;  // a random number is no secret key once in 2^128

struct DestroyContext {
    void operator()(secp256k1_context* context) const { secp256k1_context_destroy(context); }
};

secp256k1_context* the_context() {
    static const std::unique_ptr<secp256k1_context, DestroyContext> context(
        secp256k1_context_create(SECP256K1_CONTEXT_NONE));
    return context.get();
}

}  // namespace

const secp256k1_context_struct* curve() { return the_context(); }

void wipe(std::span<std::uint8_t> bytes) { OPENSSL_cleanse(bytes.data(), bytes.size()); }

bool is_on_curve(const XOnlyKey& key) {
    secp256k1_xonly_pubkey parsed;
    return secp256k1_xonly_pubkey_parse(curve(), &parsed, key.bytes.data()) == 1;
}

std::optional<SecretKey> SecretKey::from_bytes(std::span<const std::uint8_t, 32> bytes) {
    if (secp256k1_ec_seckey_verify(curve(), bytes.data()) != 1) return std::nullopt;
    SecretKey key;
    std::copy(bytes.begin(), bytes.end(), key.secret_.bytes.begin());
    return key;
}

SecretKey SecretKey::make(const RandomSource& random) {
    Secret32 bytes;
    for (int i = 0; i < secret_tries_max; ++i) {
        random(bytes.bytes);
        if (auto key = from_bytes(bytes.bytes)) return *key;
    }
    ensure_failed("a source of random bytes", __FILE__, __LINE__);
}

XOnlyKey SecretKey::public_key() const {
    secp256k1_pubkey point;
    secp256k1_xonly_pubkey x_only;
    XOnlyKey key;
    STRATUM_ENSURE(secp256k1_ec_pubkey_create(curve(), &point, secret_.bytes.data()) == 1);
    STRATUM_ENSURE(secp256k1_xonly_pubkey_from_pubkey(curve(), &x_only, nullptr, &point) == 1);
    secp256k1_xonly_pubkey_serialize(curve(), key.bytes.data(), &x_only);
    return key;
}

void blind_curve(const std::array<std::uint8_t, 32>& random) {
    STRATUM_ENSURE(secp256k1_context_randomize(the_context(), random.data()) == 1);
}

}  // namespace stratum::v2

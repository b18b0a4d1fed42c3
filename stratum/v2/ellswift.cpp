#include "stratum/v2/ellswift.h"

#ifdef HASHYARD_SECP256K1_ELLSWIFT
#include <secp256k1.h>
#include <secp256k1_ellswift.h>

#include <algorithm>

#include "stratum/v2/curve.h"
#else
#include "stratum/v2/ellswift_portable.h"
#endif

namespace stratum::v2 {

KeyPair make_key_pair(const RandomSource& random) {
    const auto secret = SecretKey::make(random);
    return {secret, encode(secret.public_key(), random)};
}

#ifdef HASHYARD_SECP256K1_ELLSWIFT

const char* ellswift_backend() { return "libsecp256k1"; }

XOnlyKey decode(const EllSwift& encoding) {
    secp256k1_pubkey point;
    STRATUM_ENSURE(secp256k1_ellswift_decode(curve(), &point, encoding.bytes.data()) == 1);
    std::array<std::uint8_t, 33> compressed;
    std::size_t size = compressed.size();
    STRATUM_ENSURE(secp256k1_ec_pubkey_serialize(curve(), compressed.data(), &size, &point,
                                                 SECP256K1_EC_COMPRESSED) == 1);
    XOnlyKey key;
    std::copy(compressed.begin() + 1, compressed.end(), key.bytes.begin());
    return key;
}

EllSwift encode(const XOnlyKey& key, const RandomSource& random) {
    std::array<std::uint8_t, 33> compressed{2};
    std::copy(key.bytes.begin(), key.bytes.end(), compressed.begin() + 1);
    secp256k1_pubkey point;
    STRATUM_ENSURE(secp256k1_ec_pubkey_parse(curve(), &point, compressed.data(), compressed.size()) == 1);
    Secret32 seed;
    random(seed.bytes);
    EllSwift out;
    STRATUM_ENSURE(secp256k1_ellswift_encode(curve(), out.bytes.data(), &point, seed.bytes.data()) == 1);
    return out;
}

Secret32 ecdh(const KeyPair& own, const EllSwift& peer, Role own_role) {
    const bool initiator = own_role == Role::initiator;
    const auto& a = initiator ? own.encoding : peer;
    const auto& b = initiator ? peer : own.encoding;
    Secret32 out;
    STRATUM_ENSURE(secp256k1_ellswift_xdh(curve(), out.bytes.data(), a.bytes.data(), b.bytes.data(),
                                          own.secret.bytes().data(), initiator ? 0 : 1,
                                          secp256k1_ellswift_xdh_hash_function_bip324, nullptr) == 1);
    return out;
}

#else

const char* ellswift_backend() { return "portable"; }
XOnlyKey decode(const EllSwift& encoding) { return portable::decode(encoding); }
EllSwift encode(const XOnlyKey& key, const RandomSource& random) { return portable::encode(key, random); }
Secret32 ecdh(const KeyPair& own, const EllSwift& peer, Role own_role) {
    return portable::ecdh(own, peer, own_role);
}

#endif

}  // namespace stratum::v2

#include "stratum/v2/schnorr.h"

#include <openssl/crypto.h>
#include <secp256k1_schnorrsig.h>

#include "stratum/v2/curve.h"

namespace stratum::v2 {

Signature sign(const SecretKey& key, ByteView message, const std::array<std::uint8_t, 32>& auxiliary) {
    secp256k1_keypair pair;
    STRATUM_ENSURE(secp256k1_keypair_create(curve(), &pair, key.bytes().data()) == 1);
    auto random = auxiliary;
    secp256k1_schnorrsig_extraparams options = SECP256K1_SCHNORRSIG_EXTRAPARAMS_INIT;
    options.ndata = random.data();
    Signature signature;
    const int signed_ok = secp256k1_schnorrsig_sign_custom(curve(), signature.data(), message.data(),
                                                           message.size(), &pair, &options);
    OPENSSL_cleanse(&pair, sizeof pair);
    STRATUM_ENSURE(signed_ok == 1);
    return signature;
}

bool verify(const XOnlyKey& key, ByteView message, const Signature& signature) {
    secp256k1_xonly_pubkey parsed;
    return secp256k1_xonly_pubkey_parse(curve(), &parsed, key.bytes.data()) == 1 &&
           secp256k1_schnorrsig_verify(curve(), signature.data(), message.data(), message.size(), &parsed) ==
               1;
}

}  // namespace stratum::v2

#include "stratum/v2/certificate.h"

#include <algorithm>

#include "stratum/bytes.h"
#include "stratum/sha256.h"

namespace stratum::v2 {
namespace {

constexpr std::size_t signed_fields_bytes = 10;  // version, valid_from, not_valid_after

// What the authority signs: SHA-256 of the fields in front of the signature, and the server's key.
Hash256 signed_hash(const Certificate& certificate, const XOnlyKey& server) {
    std::array<std::uint8_t, signed_fields_bytes + sizeof(XOnlyKey)> message;
    const auto encoded = encode(certificate);
    const auto end = std::copy_n(encoded.begin(), signed_fields_bytes, message.begin());
    std::copy(server.bytes.begin(), server.bytes.end(), end);
    return sha256(message);
}

}  // namespace

std::array<std::uint8_t, certificate_bytes> encode(const Certificate& certificate) {
    std::array<std::uint8_t, certificate_bytes> out;
    out[0] = static_cast<std::uint8_t>(certificate.version);
    out[1] = static_cast<std::uint8_t>(certificate.version >> 8);
    store_le32(&out[2], certificate.validity.valid_from);
    store_le32(&out[6], certificate.validity.not_valid_after);
    std::copy(certificate.signature.begin(), certificate.signature.end(), out.begin() + signed_fields_bytes);
    return out;
}

Certificate parse_certificate(std::span<const std::uint8_t, certificate_bytes> bytes) {
    Certificate certificate;
    certificate.version = static_cast<std::uint16_t>(bytes[0] | bytes[1] << 8);
    certificate.validity = {load_le32(&bytes[2]), load_le32(&bytes[6])};
    std::copy(bytes.begin() + signed_fields_bytes, bytes.end(), certificate.signature.begin());
    return certificate;
}

Certificate sign_certificate(const SecretKey& authority, const XOnlyKey& server, const Validity& validity,
                             const std::array<std::uint8_t, 32>& auxiliary) {
    Certificate certificate;
    certificate.validity = validity;
    certificate.signature = sign(authority, signed_hash(certificate, server).bytes, auxiliary);
    return certificate;
}

CertificateCheck check(const Certificate& certificate, const CertificateKeys& keys, std::uint32_t now,
                       std::chrono::seconds tolerance) {
    if (certificate.version != 0) return CertificateCheck::unknown_version;
    if (!verify(keys.authority, signed_hash(certificate, keys.server).bytes, certificate.signature))
        return CertificateCheck::bad_signature;
    const std::int64_t at = now;
    if (at + tolerance.count() < certificate.validity.valid_from) return CertificateCheck::not_yet_valid;
    if (at - tolerance.count() > certificate.validity.not_valid_after) return CertificateCheck::expired;
    return CertificateCheck::valid;
}

}  // namespace stratum::v2

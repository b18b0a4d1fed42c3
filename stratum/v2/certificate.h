#pragma once
// By this the pool authority vouches for a server's static key during some time; the server shows it in
// act 2. Pure; any thread. SV2 chapter 4.5.3 (SIGNATURE_NOISE_MESSAGE).

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

#include "stratum/v2/keys.h"
#include "stratum/v2/schnorr.h"

namespace stratum::v2 {

inline constexpr std::size_t certificate_bytes = 74;

// Unix seconds, both included.
struct Validity {
    std::uint32_t valid_from = 0;
    std::uint32_t not_valid_after = 0;

    bool operator==(const Validity&) const = default;
};

struct Certificate {
    std::uint16_t version = 0;  // 0 is the only one
    Validity validity;
    Signature signature{};

    bool operator==(const Certificate&) const = default;
};

std::array<std::uint8_t, certificate_bytes> encode(const Certificate& certificate);
// Every 74 bytes are a certificate; whether it holds is for check().
Certificate parse_certificate(std::span<const std::uint8_t, certificate_bytes> bytes);

// Whom it is about and who signs.
struct CertificateKeys {
    XOnlyKey server;
    XOnlyKey authority;
};

Certificate sign_certificate(const SecretKey& authority, const XOnlyKey& server, const Validity& validity,
                             const std::array<std::uint8_t, 32>& auxiliary);

enum class CertificateCheck : std::uint8_t { valid, unknown_version, bad_signature, not_yet_valid, expired };
// `now` in Unix seconds. SRI's clients allow 10 s of clock difference, others none.
[[nodiscard]] CertificateCheck check(const Certificate& certificate, const CertificateKeys& keys,
                                     std::uint32_t now, std::chrono::seconds tolerance = {});

}  // namespace stratum::v2
